// Verifies the SNS message on standard input as its subscribers do, with npm's sns-validator; the certificate may come from localhost.
import { readFileSync } from "node:fs";
import MessageValidator from "sns-validator";

const message = JSON.parse(readFileSync(0, "utf8"));
new MessageValidator(/^localhost:[0-9]+$/).validate(message, (error) => {
  console.log(error ? error.message : "valid");
  process.exitCode = error ? 1 : 0;
});
