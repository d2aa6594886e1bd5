// sqs-consumer, as services use it: long polls, deletion on success, another try on failure.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient} from '@aws-sdk/client-sqs';
import {Consumer} from 'sqs-consumer';

test('each message is handled once it succeeds', async () => {
  const sqs = new SQSClient({});
  const {QueueUrl} = await sqs.send(new CreateQueueCommand({QueueName: 'consumed', Attributes: {VisibilityTimeout: '30'}}));
  const handled = [];
  let failed = false;
  const done = new Promise((resolve, reject) => {
    const consumer = Consumer.create({
      queueUrl: QueueUrl, sqs, batchSize: 5, waitTimeSeconds: 5, terminateVisibilityTimeout: true,
      handleMessage: async (message) => {
        if (message.Body === '7' && !failed) {
          failed = true;
          throw new Error('try again');
        }
        handled.push(message.Body);
        if (handled.length === 20) {
          consumer.once('response_processed', () => consumer.stop());
          consumer.once('stopped', resolve);
        }
        return message;
      },
    });
    consumer.on('error', reject);
    consumer.on('processing_error', (error) => assert.match(error.message, /try again/));
    consumer.start();
  });
  for (let i = 0; i < 20; ++i) await sqs.send(new SendMessageCommand({QueueUrl, MessageBody: String(i)}));
  await done;
  assert.ok(failed);
  assert.equal(new Set(handled).size, 20);
  const {Attributes} = await sqs.send(new GetQueueAttributesCommand({QueueUrl, AttributeNames: ['All']}));
  assert.equal(Attributes.ApproximateNumberOfMessages, '0');
  assert.equal(Attributes.ApproximateNumberOfMessagesNotVisible, '0');
});
