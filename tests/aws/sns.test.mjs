// A Node service's day with SNS through the AWS SDKs for JavaScript v3 and v2: topics, fan-out, FIFO, refusals.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as v3 from '@aws-sdk/client-sns';
import {
  CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import AWS from 'aws-sdk';

const sqs = new SQSClient({maxAttempts: 1});
const modern = new v3.SNSClient({maxAttempts: 1});
const older = new AWS.SNS({endpoint: process.env.ENDPOINT, region: 'eu-west-1', maxRetries: 0});

const sdks = {
  v3: (action, input = {}) => modern.send(new v3[`${action}Command`](input)),
  v2: (action, input = {}) => older[action[0].toLowerCase() + action.slice(1)](input).promise(),
};

async function queue(QueueName, Attributes = {}) {
  const {QueueUrl} = await sqs.send(new CreateQueueCommand({QueueName, Attributes}));
  const {Attributes: {QueueArn}} = await sqs.send(new GetQueueAttributesCommand({QueueUrl, AttributeNames: ['QueueArn']}));
  return {QueueUrl, QueueArn};
}

async function take(QueueUrl, count) {
  const taken = [];
  while (taken.length < count) {
    const {Messages = []} = await sqs.send(new ReceiveMessageCommand({
      QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20, MessageAttributeNames: ['All']}));
    assert.ok(Messages.length, `${count} messages were expected, ${taken.length} came`);
    for (const {ReceiptHandle} of Messages) await sqs.send(new DeleteMessageCommand({QueueUrl, ReceiptHandle}));
    taken.push(...Messages);
  }
  return taken;
}

for (const [name, sns] of Object.entries(sdks)) {
  test(`${name}: a topic tells its queues`, async () => {
    const {TopicArn} = await sns('CreateTopic', {Name: `node-${name}`, Attributes: {DisplayName: 'Node'}, Tags: [{Key: 'a', Value: '1'}]});
    const all = await queue(`node-${name}`), big = await queue(`node-${name}-big`);
    const {SubscriptionArn} = await sns('Subscribe', {TopicArn, Protocol: 'sqs', Endpoint: all.QueueArn, ReturnSubscriptionArn: true});
    await sns('Subscribe', {TopicArn, Protocol: 'sqs', Endpoint: big.QueueArn, Attributes: {
      RawMessageDelivery: 'true', FilterPolicyScope: 'MessageBody', FilterPolicy: JSON.stringify({amount: [{numeric: ['>', 10]}]})}});
    const {MessageId} = await sns('Publish', {TopicArn, Message: '{"amount": 5}', Subject: 'five', MessageAttributes: {
      raw: {DataType: 'Binary', BinaryValue: Buffer.from([0, 1, 255])}}});
    const [message] = await take(all.QueueUrl, 1);
    const body = JSON.parse(message.Body);
    assert.equal(body.MessageId, MessageId);
    assert.equal(body.MessageAttributes.raw.Value, 'AAH/');
    const {Successful, Failed} = await sns('PublishBatch', {TopicArn, PublishBatchRequestEntries: [
      {Id: 'a', Message: '{"amount": 11}'}, {Id: 'b', Message: '{"amount": 9}'}]});
    assert.deepEqual([Successful.map(({Id}) => Id), Failed], [['a', 'b'], []]);
    assert.equal((await take(big.QueueUrl, 1))[0].Body, '{"amount": 11}');
    await take(all.QueueUrl, 2);
    const {Attributes} = await sns('GetSubscriptionAttributes', {SubscriptionArn});
    assert.equal(Attributes.PendingConfirmation, 'false');
    assert.deepEqual((await sns('ListTagsForResource', {ResourceArn: TopicArn})).Tags, [{Key: 'a', Value: '1'}]);
    await sns('TagResource', {ResourceArn: TopicArn, Tags: [{Key: 'b', Value: '2'}]});
    await sns('UntagResource', {ResourceArn: TopicArn, TagKeys: ['a']});
    assert.equal((await sns('ListSubscriptionsByTopic', {TopicArn})).Subscriptions.length, 2);
    await sns('Unsubscribe', {SubscriptionArn});
    await sns('DeleteTopic', {TopicArn});
  });

  test(`${name}: a FIFO topic keeps order and says things once`, async () => {
    const {TopicArn} = await sns('CreateTopic', {Name: `node-${name}.fifo`, Attributes: {FifoTopic: 'true'}});
    const {QueueUrl, QueueArn} = await queue(`node-${name}.fifo`, {FifoQueue: 'true'});
    await sns('Subscribe', {TopicArn, Protocol: 'sqs', Endpoint: QueueArn, Attributes: {RawMessageDelivery: 'true'}});
    const numbers = [];
    for (const n of [0, 1, 1, 2]) {
      const {SequenceNumber} = await sns('Publish', {TopicArn, Message: String(n), MessageGroupId: 'g', MessageDeduplicationId: `d${n}`});
      numbers.push(SequenceNumber);
    }
    assert.equal(numbers[1], numbers[2]);
    assert.equal(new Set(numbers).size, 3);
    assert.deepEqual((await take(QueueUrl, 3)).map(({Body}) => Body), ['0', '1', '2']);
  });

  test(`${name}: refusals are the SDK's own errors`, async () => {
    const gone = 'arn:aws:sns:eu-west-1:000000000000:gone';
    const refused = async (promise) => promise.then(() => assert.fail('it was taken'), (error) => error.name === 'Error' ? error.code : error.name);
    const is = (error, exception, code) => assert.equal(error, name === 'v3' ? exception : code);
    is(await refused(sns('Publish', {TopicArn: gone, Message: 'x'})), 'NotFoundException', 'NotFound');
    is(await refused(sns('CreateTopic', {Name: 'a b'})), 'InvalidParameterException', 'InvalidParameter');
    is(await refused(sns('Publish', {PhoneNumber: '1', Message: 'x'})), 'InvalidParameterException', 'InvalidParameter');
    await sns('SetSMSAttributes', {attributes: {DefaultSMSType: 'Transactional'}});
    assert.equal((await sns('GetSMSAttributes')).attributes.DefaultSMSType, 'Transactional');
    await sns('OptInPhoneNumber', {phoneNumber: '+15555550100'});
    assert.equal((await sns('CheckIfPhoneNumberIsOptedOut', {phoneNumber: '+15555550100'})).isOptedOut, false);
  });
}
