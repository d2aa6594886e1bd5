// Verifies the SNS message on standard input as its subscribers do, with two libraries of npm; the certificate may come from localhost.
import {readFileSync} from 'node:fs';
import https from 'node:https';
import PayloadValidator from 'sns-payload-validator';
import MessageValidator from 'sns-validator';

const message = JSON.parse(readFileSync(0, 'utf8'));

const fetched = (url) => new Promise((resolve, reject) => {
  https.get(url, (answer) => answer.setEncoding('utf8').toArray().then((pieces) => resolve(pieces.join('')), reject)).on('error', reject);
});

async function snsValidator() {
  // It takes the signed fields of this type for those of a notification, against AWS's documentation.
  if (message.Type === 'UnsubscribeConfirmation') return;
  await new Promise((resolve, reject) => {
    new MessageValidator(/^localhost:[0-9]+$/).validate(message, (error) => (error ? reject(error) : resolve()));
  });
}

// This one takes certificates of Amazon's addresses only: it finds belfry's under one.
async function snsPayloadValidator() {
  const address = `https://sns.eu-west-1.amazonaws.com/${new URL(message.SigningCertURL).pathname.slice(1)}`;
  const validator = new PayloadValidator();
  validator.certCache.set(address, await fetched(message.SigningCertURL));
  await validator.validate({...message, SigningCertURL: address});
}

try {
  await snsValidator();
  await snsPayloadValidator();
  console.log('valid');
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
