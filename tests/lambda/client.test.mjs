// A Node service's day with Lambda through @aws-sdk/client-lambda.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {
  CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, InvokeCommand, LambdaClient, paginateListFunctions, ResourceNotFoundException,
  UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';

const lambda = new LambdaClient({maxAttempts: 1});
const send = (command) => lambda.send(command);
const text = (payload) => JSON.parse(Buffer.from(payload).toString());

function zip(source) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'belfry-zip-'));
  fs.writeFileSync(path.join(folder, 'index.js'), source);
  execFileSync('python3', ['-m', 'zipfile', '-c', path.join(folder, 'code.zip'), path.join(folder, 'index.js')]);
  return fs.readFileSync(path.join(folder, 'code.zip'));
}

test('a function is made, called, changed and deleted', async () => {
  const FunctionName = 'node-day';
  await send(new CreateFunctionCommand({
    FunctionName, Runtime: 'nodejs20.x', Role: 'arn:aws:iam::000000000000:role/any', Handler: 'index.handler', Timeout: 30, MemorySize: 256,
    Code: {ZipFile: zip('exports.handler = async (event, context) => { if (event.fail) throw new RangeError("no"); return {event, who: process.env.WHO, client: context.clientContext}; };')},
  }));
  await waitUntilFunctionActiveV2({client: lambda, maxWaitTime: 60}, {FunctionName});
  const called = await send(new InvokeCommand({FunctionName, Payload: JSON.stringify({a: [1]}), ClientContext: Buffer.from('{"custom":{"x":"y"}}').toString('base64'), LogType: 'Tail'}));
  assert.deepEqual(text(called.Payload), {event: {a: [1]}, client: {custom: {x: 'y'}}});
  assert.match(Buffer.from(called.LogResult, 'base64').toString(), /^START RequestId: [\s\S]*REPORT RequestId: /);
  const failed = await send(new InvokeCommand({FunctionName, Payload: '{"fail":true}'}));
  assert.equal(failed.FunctionError, 'Unhandled');
  assert.equal(text(failed.Payload).errorType, 'RangeError');
  await send(new UpdateFunctionConfigurationCommand({FunctionName, Environment: {Variables: {WHO: 'me'}}}));
  await waitUntilFunctionUpdatedV2({client: lambda, maxWaitTime: 60}, {FunctionName});
  assert.equal(text((await send(new InvokeCommand({FunctionName}))).Payload).who, 'me');
  const names = [];
  for await (const page of paginateListFunctions({client: lambda}, {})) names.push(...page.Functions.map((it) => it.FunctionName));
  assert.deepEqual(names, [FunctionName]);
  await send(new DeleteFunctionCommand({FunctionName}));
  await assert.rejects(send(new GetFunctionCommand({FunctionName})), ResourceNotFoundException);
});
