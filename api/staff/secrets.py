"""Hashes of random secrets. Secrets of 256 random bits need no slow hash and no salt; nothing else may be hashed here."""

import hashlib


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
