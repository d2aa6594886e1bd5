// A Node service's day with SQS through the AWS SDK for JavaScript v3.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  ChangeMessageVisibilityCommand, CreateQueueCommand, DeleteMessageBatchCommand, DeleteMessageCommand, GetQueueAttributesCommand,
  GetQueueUrlCommand, ListMessageMoveTasksCommand, ListQueueTagsCommand, paginateListQueues, PurgeQueueCommand, QueueDoesNotExist,
  ReceiptHandleIsInvalid, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient, SQSServiceException,
  StartMessageMoveTaskCommand, TagQueueCommand,
} from '@aws-sdk/client-sqs';

const sqs = new SQSClient({maxAttempts: 1});
const send = (command) => sqs.send(command);

async function receive(QueueUrl, more = {}) {
  const {Messages = []} = await send(new ReceiveMessageCommand({QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, ...more}));
  return Messages;
}

test('messages with attributes go through, their sums checked by the SDK', async () => {
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3', tags: {team: 'bells'}}));
  assert.deepEqual((await send(new ListQueueTagsCommand({QueueUrl}))).Tags, {team: 'bells'});
  await send(new TagQueueCommand({QueueUrl, Tags: {team: 'clocks'}}));
  const MessageAttributes = {
    city: {DataType: 'String', StringValue: 'Zürich'},
    amount: {DataType: 'Number', StringValue: '12.5'},
    raw: {DataType: 'Binary', BinaryValue: new Uint8Array([0, 1, 255])},
  };
  const sent = await send(new SendMessageCommand({QueueUrl, MessageBody: 'grüezi \u{1F514}', MessageAttributes}));
  const [got] = await receive(QueueUrl, {MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All']});
  assert.equal(got.MessageId, sent.MessageId);
  assert.equal(got.Body, 'grüezi \u{1F514}');
  assert.deepEqual(got.MessageAttributes.raw.BinaryValue, MessageAttributes.raw.BinaryValue);
  assert.equal(got.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.equal(got.Attributes.ApproximateReceiveCount, '1');
  await send(new ChangeMessageVisibilityCommand({QueueUrl, ReceiptHandle: got.ReceiptHandle, VisibilityTimeout: 0}));
  const [again] = await receive(QueueUrl);
  await send(new DeleteMessageCommand({QueueUrl, ReceiptHandle: again.ReceiptHandle}));
});

test('batches tell good entries from bad ones', async () => {
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3-batch'}));
  const sent = await send(new SendMessageBatchCommand({QueueUrl, Entries: [
    {Id: 'a', MessageBody: '1'}, {Id: 'b', MessageBody: '2', DelaySeconds: 901}, {Id: 'c', MessageBody: '3'}]}));
  assert.deepEqual(sent.Successful.map((it) => it.Id), ['a', 'c']);
  assert.equal(sent.Failed[0].Code, 'InvalidParameterValue');
  const messages = await receive(QueueUrl);
  const done = await send(new DeleteMessageBatchCommand({
    QueueUrl, Entries: messages.map((it, i) => ({Id: String(i), ReceiptHandle: it.ReceiptHandle}))}));
  assert.equal(done.Successful.length, 2);
  assert.equal(done.Failed, undefined);
});

test('errors are the classes that programs catch', async () => {
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3-errors'}));
  await assert.rejects(send(new GetQueueUrlCommand({QueueName: 'nowhere'})), (error) =>
    error instanceof QueueDoesNotExist && error instanceof SQSServiceException && error.$metadata.httpStatusCode === 400);
  await assert.rejects(send(new DeleteMessageCommand({QueueUrl, ReceiptHandle: 'garbage'})), ReceiptHandleIsInvalid);
  await send(new PurgeQueueCommand({QueueUrl}));
  await assert.rejects(send(new PurgeQueueCommand({QueueUrl})), {name: 'PurgeQueueInProgress'});
});

test('a FIFO queue keeps order and swallows duplicates', async () => {
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3.fifo', Attributes: {
    FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId'}}));
  for (const i of [1, 2, 3, 3])
    await send(new SendMessageCommand({QueueUrl, MessageBody: `m${i}`, MessageGroupId: 'g', MessageDeduplicationId: `d${i}`}));
  assert.deepEqual((await receive(QueueUrl)).map((it) => it.Body), ['m1', 'm2', 'm3']);
});

test('dead letters are brought back by a task', async () => {
  const dead = (await send(new CreateQueueCommand({QueueName: 'v3-dead'}))).QueueUrl;
  const {Attributes: {QueueArn}} = await send(new GetQueueAttributesCommand({QueueUrl: dead, AttributeNames: ['QueueArn']}));
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3-source', Attributes: {
    VisibilityTimeout: '0', RedrivePolicy: JSON.stringify({deadLetterTargetArn: QueueArn, maxReceiveCount: 1})}}));
  await send(new SendMessageCommand({QueueUrl, MessageBody: 'poison'}));
  await receive(QueueUrl);
  await receive(QueueUrl, {WaitTimeSeconds: 0});
  const [moved] = await receive(dead, {VisibilityTimeout: 0});
  assert.equal(moved.Body, 'poison');
  const {TaskHandle} = await send(new StartMessageMoveTaskCommand({SourceArn: QueueArn}));
  assert.ok(TaskHandle);
  const [back] = await receive(QueueUrl, {VisibilityTimeout: 30, WaitTimeSeconds: 20});
  assert.equal(back.MessageId, moved.MessageId);
  const {Results} = await send(new ListMessageMoveTasksCommand({SourceArn: QueueArn}));
  assert.equal(Results[0].ApproximateNumberOfMessagesMoved, 1);
});

test('lists come in pages', async () => {
  for (let i = 0; i < 3; ++i) await send(new CreateQueueCommand({QueueName: `v3-page-${i}`}));
  const urls = [];
  for await (const page of paginateListQueues({client: sqs, pageSize: 2}, {QueueNamePrefix: 'v3-page-'}))
    urls.push(...(page.QueueUrls ?? []));
  assert.equal(urls.length, 3);
});

test('a client that hangs up leaves its message to the next', async () => {
  const {QueueUrl} = await send(new CreateQueueCommand({QueueName: 'v3-abort', Attributes: {VisibilityTimeout: '1'}}));
  const abort = new AbortController();
  const waiting = sqs.send(new ReceiveMessageCommand({QueueUrl, WaitTimeSeconds: 20}), {abortSignal: abort.signal});
  setTimeout(() => abort.abort(), 200);
  await assert.rejects(waiting, {name: 'AbortError'});
  const next = receive(QueueUrl, {WaitTimeSeconds: 20});
  await send(new SendMessageCommand({QueueUrl, MessageBody: 'x'}));
  assert.equal((await next)[0].Body, 'x');
});
