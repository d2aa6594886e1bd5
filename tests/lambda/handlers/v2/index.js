// As one writes it for Lambda with the AWS SDK for JavaScript v2: the queue's event in, the topic's message out.
const AWS = require('aws-sdk');

const sns = new AWS.SNS({apiVersion: '2010-03-31'});

exports.handler = (event, context, callback) => {
  const publications = event.Records.map((record) => {
    const {payload} = JSON.parse(record.body);
    const Message = `${payload.createdBy} gave $${payload.donationAmount}`;
    return sns.publish({TopicArn: process.env.TOPIC_ARN, Message}).promise();
  });
  Promise.all(publications).then(() => callback(null, 'published'), callback);
};
