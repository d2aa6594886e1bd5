// belfry's client of Lambda's Runtime API for Node.js: loads a handler as Lambda does and calls it
// for each event. Used where the official aws-lambda-ric is not installed.
import fs from 'node:fs';
import http from 'node:http';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {format} from 'node:util';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({keepAlive: true, maxSockets: 1});
const base = '/2018-06-01/runtime/';

function call(method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({host, port, method, path: base + target, headers, agent}, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString()}));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function described(error) {
  if (error instanceof Error) {
    return {errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n')};
  }
  return {errorType: typeof error, errorMessage: format('%s', error), trace: []};
}

async function report(target, error) {
  const body = described(error);
  process.stderr.write(`${new Date().toISOString()}\t${requestId ?? 'undefined'}\tERROR\tInvoke Error \t${JSON.stringify(body)}\n`);
  return call('POST', target, JSON.stringify(body),
              {'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': body.errorType.replace(/[^\x21-\x7e]/g, '')});
}

function failure(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

// What is printed carries the time and the request, as in Lambda's logs.
let requestId;
for (const [name, level] of Object.entries({log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG', trace: 'TRACE'})) {
  console[name] = (...values) =>
    process.stdout.write(`${new Date().toISOString()}\t${requestId ?? 'undefined'}\t${level}\t${format(...values).replaceAll('\n', '\r')}\n`);
}

// "folder/index.name.of.function" of the code's folder.
async function load() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const wanted = process.env._HANDLER;
  const cut = wanted.indexOf('.', wanted.lastIndexOf('/') + 1);
  if (cut <= 0 || wanted.includes('..')) throw failure('Runtime.MalformedHandlerName', `Bad handler '${wanted}'`);
  const stem = path.resolve(root, wanted.slice(0, cut));
  const file = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end).find((it) => fs.statSync(it, {throwIfNoEntry: false})?.isFile());
  let module;
  try {
    if (!file) throw failure('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(stem)}'`);
    try {
      module = file.endsWith('.mjs') ? await import(pathToFileURL(file)) : createRequire(file)(file);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
      module = await import(pathToFileURL(file));  // "type": "module"
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw failure('Runtime.UserCodeSyntaxError', format('%s', error));
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') throw failure('Runtime.ImportModuleError', format('Error: %s', error.message));
    throw error;
  }
  const pick = (from) => wanted.slice(cut + 1).split('.').reduce((object, name) => object?.[name], from);
  const handler = pick(module) ?? pick(module.default);
  if (handler === undefined) throw failure('Runtime.HandlerNotFound', `${wanted} is undefined or not exported`);
  if (typeof handler !== 'function') throw failure('Runtime.HandlerNotFound', `${wanted} is not a function`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// What the handler returns, promises or hands to its callback, whichever comes first.
function invoke(handler, event, context) {
  let atRest;  // what to do when nothing is left to happen
  return new Promise((resolve, reject) => {
    const settle = (error, result) => {
      const answer = () => (error !== undefined && error !== null ? reject(error) : resolve(result));
      if (!context.callbackWaitsForEmptyEventLoop) return answer();
      atRest ??= answer;
    };
    process.once('beforeExit', function check() {
      (atRest ?? resolve)();
    });
    context.done = settle;
    context.succeed = (result) => settle(null, result);
    context.fail = (error) => settle(error ?? 'handled', undefined);
    const returned = handler(event, context, settle);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  }).finally(() => process.removeAllListeners('beforeExit'));
}

let fatal = async (error) => report('init/error', error);
for (const kind of ['uncaughtException', 'unhandledRejection'])
  process.on(kind, async (error) => {
    if (kind === 'unhandledRejection') error = Object.assign(failure('Runtime.UnhandledPromiseRejection', format('%s', error)), {stack: error?.stack});
    await fatal(error).catch(() => {});
    process.exit(129);
  });

let handler;
try {
  handler = await load();
} catch (error) {
  await report('init/error', error);
  process.exit(1);
}

while (true) {
  requestId = undefined;
  const next = await call('GET', 'invocation/next');
  if (next.status !== 200) process.exit(1);
  requestId = next.headers['lambda-runtime-aws-request-id'];
  if (next.headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
  else delete process.env._X_AMZN_TRACE_ID;
  const mine = `invocation/${requestId}/`;
  fatal = (error) => report(`${mine}error`, error);
  try {
    const result = await invoke(handler, JSON.parse(next.body), contextOf(next.headers));
    const text = JSON.stringify(result === undefined ? null : result);
    const answer = await call('POST', `${mine}response`, text === undefined ? 'null' : text, {'Content-Type': 'application/json'});
    if (answer.status !== 202 && answer.status !== 413) process.exit(1);
  } catch (error) {
    await report(`${mine}error`, error);
  }
}
