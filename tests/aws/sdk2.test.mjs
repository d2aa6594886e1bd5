// A Node service's day with SQS through the AWS SDK for JavaScript v2: the last one, which speaks JSON, and an older one, which
// speaks Query.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import json from 'aws-sdk';
import query from 'aws-sdk-query';

for (const [protocol, AWS] of [['json', json], ['query', query]]) {
  const sqs = new AWS.SQS({endpoint: process.env.ENDPOINT, region: 'eu-west-1', maxRetries: 0});
  const call = (action, parameters) => sqs[action](parameters).promise();

  test(`v2 over ${protocol}: a message's life`, async () => {
    const {QueueUrl} = await call('createQueue', {QueueName: `v2-${protocol}`, Attributes: {VisibilityTimeout: '20'}});
    const sent = await call('sendMessage', {QueueUrl, MessageBody: 'a < b & c\n', DelaySeconds: 0, MessageAttributes: {
      raw: {DataType: 'Binary', BinaryValue: Buffer.from([1, 0, 2])}, n: {DataType: 'Number', StringValue: '7'}}});
    const {Messages: [got]} = await call('receiveMessage', {
      QueueUrl, WaitTimeSeconds: 5, AttributeNames: ['All'], MessageAttributeNames: ['All']});
    assert.equal(got.Body, 'a < b & c\n');
    assert.equal(got.MessageId, sent.MessageId);
    assert.deepEqual(Buffer.from(got.MessageAttributes.raw.BinaryValue), Buffer.from([1, 0, 2]));
    await call('changeMessageVisibility', {QueueUrl, ReceiptHandle: got.ReceiptHandle, VisibilityTimeout: 40});
    await call('deleteMessage', {QueueUrl, ReceiptHandle: got.ReceiptHandle});
    const {Attributes} = await call('getQueueAttributes', {QueueUrl, AttributeNames: ['All']});
    assert.equal(Attributes.VisibilityTimeout, '20');
    assert.equal(Attributes.ApproximateNumberOfMessagesNotVisible, '0');
  });

  test(`v2 over ${protocol}: batches and tags`, async () => {
    const {QueueUrl} = await call('createQueue', {QueueName: `v2-batch-${protocol}`, tags: {a: '1'}});
    assert.deepEqual((await call('listQueueTags', {QueueUrl})).Tags, {a: '1'});
    const Entries = Array.from({length: 10}, (_, i) => ({Id: `e${i}`, MessageBody: `body ${i}`}));
    assert.equal((await call('sendMessageBatch', {QueueUrl, Entries})).Successful.length, 10);
    const {Messages} = await call('receiveMessage', {QueueUrl, MaxNumberOfMessages: 10});
    const removed = await call('deleteMessageBatch', {
      QueueUrl, Entries: Messages.map((it, i) => ({Id: `${i}`, ReceiptHandle: it.ReceiptHandle}))});
    assert.equal(removed.Successful.length, 10);
  });

  test(`v2 over ${protocol}: errors`, async () => {
    await assert.rejects(call('getQueueUrl', {QueueName: 'nowhere'}), {
      code: 'AWS.SimpleQueueService.NonExistentQueue', statusCode: 400,
      message: `The specified queue does not exist${protocol === 'query' ? ' for this wsdl version' : ''}.`});
    const {QueueUrl} = await call('createQueue', {QueueName: `v2-errors-${protocol}`});
    await assert.rejects(call('sendMessage', {QueueUrl, MessageBody: 'x', DelaySeconds: 901}), {code: 'InvalidParameterValue'});
  });
}
