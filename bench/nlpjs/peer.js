// The nlp.js peer of bench/reading.py. Development only: labels texts one at a time, as Lots reads them.
//
//   node peer.js train MODEL   in: [[text, label], …]; writes the trained model to the file MODEL
//   node peer.js read MODEL    in: [text, …]; out: {"version", "labels", "milliseconds", "megabytes", "seconds"}
//
// `milliseconds` are the processor's; `megabytes` and `seconds` are what the package, the model and a first answer add to a bare Node.js.
'use strict';

const started = process.hrtime.bigint();
const bare = process.memoryUsage().rss;
const fs = require('fs');
const { containerBootstrap } = require('@nlpjs/core');
const { Nlp } = require('@nlpjs/nlp');
const { LangSv } = require('@nlpjs/lang-sv');

console.log = () => {}; // the trainer reports every epoch

async function make() {
  const container = await containerBootstrap();
  container.use(Nlp);
  container.use(LangSv);
  const nlp = container.get('nlp');
  nlp.settings.autoSave = false;
  nlp.addLanguage('sv');
  return nlp;
}

async function train(model, labelled) {
  const nlp = await make();
  for (const [text, label] of labelled) nlp.addDocument('sv', text, label);
  await nlp.train();
  fs.writeFileSync(model, nlp.export());
}

async function read(model, texts) {
  const nlp = await make();
  nlp.import(fs.readFileSync(model, 'utf8'));
  await nlp.process('sv', texts[0]);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const megabytes = (process.memoryUsage().rss - bare) / 1e6;
  const labels = [];
  const milliseconds = [];
  for (const text of texts) {
    const before = process.cpuUsage();
    const answer = await nlp.process('sv', text);
    const spent = process.cpuUsage(before);
    milliseconds.push((spent.user + spent.system) / 1e3);
    labels.push(answer.intent);
  }
  const version = require('@nlpjs/nlp/package.json').version;
  process.stdout.write(JSON.stringify({ version, labels, milliseconds, megabytes, seconds }));
}

const [task, model] = process.argv.slice(2);
const given = JSON.parse(fs.readFileSync(0, 'utf8'));
(task === 'train' ? train : read)(model, given);
