"""Every way the message API says no: one tree, each class with its HTTP status and stable code. Words are in `knowledge/texts/sv/errors.yaml`.

    ApiError
    ├── NotSignedIn · SignInLinkInvalid · SignInLinksOff · CrossSite · SignInRequired
    ├── SignInFailed · SignInUnavailable · PersonUnknown · IdentityTaken · KeyExpired · KeyRevoked · KeyHeld · KeyUnknown · TooManyRequests
    ├── EnrolmentCodeUnknown · EnrolmentCodeUsed · EnrolmentCodeExpired · EnrolmentUnknown
    ├── Forbidden · NotYourUnit · PersonRequired · ScopeMissing · StaffUnknown
    ├── MessageUnknown · DraftUnknown · DraftChanged · NotesChanged · UnitUnknown · OrganisationUnknown · UnitNotFound · NotFound · MethodNotAllowed
    ├── ValidationFailed · CursorInvalid · BodyTooLarge · IdempotencyKeyMissing · IdempotencyConflict
    ├── PackUnknown · PackNotInForce · ChannelNotInPack · RecipientCannotReceive · SenderCannotSend · TooManyRecipients · AttachmentForbidden
    ├── ConsentRequired · ConsentRefused · ConsentIncomplete · PersonIdInvalid · TextMissing · TextTooLong · ThreadUnknown
    ├── WrongState · NotLiving · AlreadyRecipient · ReminderTime · PortMissing · DecisionRefused
    ├── FileRefused · FileGone · DirectoryChanged · RoleNotYours · PersonElsewhere · PersonBlocked
    ├── LastAdministrator · AbsenceInvalid
    └── Unavailable · InternalError

`params` fill the text's placeholders and hold ids and labels only, never what a message says or whom it is about.
"""

# ruff: noqa: N818 - the classes bear the names of the codes

from typing import ClassVar


class ApiError(Exception):
    """`variant` picks another sentence for the same code; `code` stays."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, *, variant: str | None = None, **params: str | int) -> None:
        super().__init__(self.code)
        self.variant = variant
        self.params = params

    @property
    def stable_code(self) -> str:
        return self.code

    @property
    def headers(self) -> dict[str, str]:
        return {}


class NotSignedIn(ApiError):
    status, code = 401, "not_signed_in"

    @property
    def headers(self) -> dict[str, str]:
        return {"www-authenticate": "Bearer"}


class SignInLinkInvalid(ApiError):
    status, code = 403, "sign_in_link_invalid"


class SignInLinksOff(ApiError):
    status, code = 403, "sign_in_links_off"


class CrossSite(ApiError):
    status, code = 403, "cross_site"


class SignInFailed(ApiError):
    """At the identity provider, or on the way back from it. What exactly was wrong is in the log."""

    status, code = 403, "sign_in_failed"


class SignInUnavailable(ApiError):
    status, code = 503, "sign_in_unavailable"


class PersonUnknown(ApiError):
    """The identity provider knows her, Lots does not."""

    status, code = 403, "person_unknown"


class IdentityTaken(ApiError):
    status, code = 409, "identity_taken"


class KeyExpired(NotSignedIn):
    code = "key_expired"


class KeyRevoked(NotSignedIn):
    code = "key_revoked"


class KeyHeld(NotSignedIn):
    """Came back with a restore, and waits for the operator."""

    code = "key_held"


class KeyUnknown(ApiError):
    status, code = 404, "key_unknown"


class TooManyRequests(ApiError):
    """`seconds`: until it is worth trying again."""

    status, code = 429, "too_many_requests"

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(self.params["seconds"])}


class SignInRequired(ApiError):
    """For what a person does herself in her own browser, and no program in her name."""

    status, code = 403, "sign_in_required"


class EnrolmentCodeUnknown(ApiError):
    status, code = 403, "enrolment_code_unknown"


class EnrolmentCodeUsed(ApiError):
    status, code = 403, "enrolment_code_used"


class EnrolmentCodeExpired(ApiError):
    status, code = 403, "enrolment_code_expired"


class EnrolmentUnknown(ApiError):
    status, code = 404, "enrolment_unknown"


class Forbidden(ApiError):
    status, code = 403, "forbidden"


class NotYourUnit(ApiError):
    status, code = 403, "not_your_unit"


class PersonRequired(ApiError):
    status, code = 403, "person_required"


class ScopeMissing(ApiError):
    status, code = 403, "scope_missing"


class StaffUnknown(ApiError):
    status, code = 403, "staff_unknown"


class MessageUnknown(ApiError):
    status, code = 404, "message_unknown"


class DraftUnknown(ApiError):
    status, code = 404, "draft_unknown"


class DraftChanged(ApiError):
    """It was saved anew while it was being handed over: what is sent is what was looked at, or nothing."""

    status, code = 409, "draft_changed"


class NotesChanged(ApiError):
    """Somebody else wrote in the same place after the form was made: nothing is saved before both have been seen."""

    status, code = 409, "notes_changed"


class UnitUnknown(ApiError):
    status, code = 422, "unit_unknown"


class ExerciseUnknown(ApiError):
    """A live exercise, a scenario or a participant that is not there, or not the caller's."""

    status, code = 404, "exercise_unknown"


class OutageUnknown(ApiError):
    """An outage, a call, or a line of a worklist that is not there, or not the caller's."""

    status, code = 404, "outage_unknown"


class OutageRoutineMissing(ApiError):
    """The region has no outage routine, and nobody else's is lent."""

    status, code = 409, "outage_routine_missing"


class OrganisationUnknown(ApiError):
    status, code = 422, "organisation_unknown"


class UnitNotFound(ApiError):
    """The unit of an address, where `UnitUnknown` is one named in a body."""

    status, code = 404, "unit_unknown"


class NotFound(ApiError):
    status, code = 404, "not_found"


class MethodNotAllowed(ApiError):
    status, code = 405, "method_not_allowed"


class ValidationFailed(ApiError):
    status, code = 422, "validation_error"


class CursorInvalid(ApiError):
    status, code = 422, "cursor_invalid"


class BodyTooLarge(ApiError):
    status, code = 413, "body_too_large"


class IdempotencyKeyMissing(ApiError):
    status, code = 400, "idempotency_key_missing"


class IdempotencyConflict(ApiError):
    status, code = 409, "idempotency_conflict"


class PackUnknown(ApiError):
    status, code = 422, "pack_unknown"


class PackNotInForce(ApiError):
    status, code = 422, "pack_not_in_force"


class ChannelNotInPack(ApiError):
    status, code = 422, "channel_not_in_pack"


class RecipientCannotReceive(ApiError):
    status, code = 422, "recipient_cannot_receive"


class SenderCannotSend(ApiError):
    status, code = 422, "sender_cannot_send"


class TooManyRecipients(ApiError):
    status, code = 422, "too_many_recipients"


class AttachmentForbidden(ApiError):
    status, code = 422, "attachment_forbidden"


class ConsentRequired(ApiError):
    status, code = 422, "consent_required"


class ConsentRefused(ApiError):
    status, code = 422, "consent_refused"


class ConsentIncomplete(ApiError):
    status, code = 422, "consent_incomplete"


class PersonIdInvalid(ApiError):
    status, code = 422, "person_id_invalid"


class TextMissing(ApiError):
    status, code = 422, "text_missing"


class TextTooLong(ApiError):
    status, code = 422, "text_too_long"


class ThreadUnknown(ApiError):
    status, code = 422, "thread_unknown"


class WrongState(ApiError):
    status, code = 409, "wrong_state"


class NotLiving(ApiError):
    status, code = 409, "not_living"


class AlreadyRecipient(ApiError):
    status, code = 409, "already_recipient"


class ReminderTime(ApiError):
    status, code = 422, "reminder_time"


class PortMissing(ApiError):
    status, code = 409, "port_missing"


class FileRefused(ApiError):
    """A file of units or staff with something wrong in it: nothing of it is done."""

    status, code = 422, "file_refused"


class FileGone(ApiError):
    status, code = 404, "file_gone"


class DirectoryChanged(ApiError):
    """Somebody else changed units or staff after the file was looked at."""

    status, code = 409, "directory_changed"


class RoleNotYours(ApiError):
    """A role that the caller may neither give nor take."""

    status, code = 403, "role_not_yours"


class PersonElsewhere(ApiError):
    """Somebody whom only her own organisation, or whoever runs Lots, can let in here."""

    status, code = 409, "person_elsewhere"


class PersonBlocked(ApiError):
    """Somebody who was stopped by name, and whom no unit lets in again."""

    status, code = 409, "person_blocked"


class AbsenceInvalid(ApiError):
    """Leave with people or days that cannot be."""

    status, code = 422, "absence_invalid"


class LastAdministrator(ApiError):
    status, code = 409, "last_administrator"


class DecisionRefused(ApiError):
    """Words from triage, which has its own codes and sentences for a request that cannot be understood."""

    status, code = 422, "decision_refused"

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence=sentence.encode(errors="replace").decode())  # it may quote half a character
        self._code = code

    @property
    def stable_code(self) -> str:
        return self._code


class Unavailable(ApiError):
    status, code = 503, "database_unavailable"

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "5"}


class InternalError(ApiError):
    pass
