// A Go service's day with queues, topics and secrets through the AWS SDK for Go v2. go.mod has the SDK that speaks JSON to SQS,
// query.mod one that still speaks the Query protocol.
package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretstypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type day struct {
	*testing.T
	ctx     context.Context
	sqs     *sqs.Client
	sns     *sns.Client
	secrets *secretsmanager.Client
}

func begin(t *testing.T) day {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := aws.String(os.Getenv("AWS_ENDPOINT_URL")) // the older SDK does not look there by itself
	return day{t, ctx,
		sqs.NewFromConfig(settings, func(o *sqs.Options) { o.BaseEndpoint = endpoint }),
		sns.NewFromConfig(settings, func(o *sns.Options) { o.BaseEndpoint = endpoint }),
		secretsmanager.NewFromConfig(settings, func(o *secretsmanager.Options) { o.BaseEndpoint = endpoint })}
}

// The value of a call that must succeed.
func must[T any](d day, value T, err error) T {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
	return value
}

func (d day) equal(got, want any) {
	d.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.Fatalf("got %v, want %v", got, want)
	}
}

func (d day) queue(name string, attributes map[string]string) (url, arn string) {
	made, err := d.sqs.CreateQueue(d.ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	url = *must(d, made, err).QueueUrl
	shown, err := d.sqs.GetQueueAttributes(d.ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	return url, must(d, shown, err).Attributes["QueueArn"]
}

func (d day) send(url, body string) string {
	sent, err := d.sqs.SendMessage(d.ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	return *must(d, sent, err).MessageId
}

// Waits for messages; the SDK checks their MD5s.
func (d day) receive(url string, most int32) []types.Message {
	got, err := d.sqs.ReceiveMessage(d.ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: most, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"},
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	return must(d, got, err).Messages
}

func (d day) remove(url string, messages ...types.Message) {
	for _, it := range messages {
		_, err := d.sqs.DeleteMessage(d.ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: it.ReceiptHandle})
		must(d, 0, err)
	}
}

func TestMessages(t *testing.T) {
	d := begin(t)
	url, _ := d.queue("go", nil)
	sent, err := d.sqs.SendMessage(d.ctx, &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("Grüße"), MessageAttributes: map[string]types.MessageAttributeValue{
			"City":   {DataType: aws.String("String"), StringValue: aws.String("Any City")},
			"Amount": {DataType: aws.String("Number.int"), StringValue: aws.String("7")},
			"Bytes":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}}}})
	id := *must(d, sent, err).MessageId
	got := d.receive(url, 10)
	d.equal(len(got), 1)
	d.equal(*got[0].MessageId, id)
	d.equal(*got[0].Body, "Grüße")
	d.equal(*got[0].MessageAttributes["Amount"].StringValue, "7")
	d.equal(got[0].MessageAttributes["Bytes"].BinaryValue, []byte{0, 255})
	d.equal(got[0].Attributes["ApproximateReceiveCount"], "1")
	_, err = d.sqs.ChangeMessageVisibility(d.ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0})
	must(d, 0, err)
	got = d.receive(url, 10)
	d.equal(got[0].Attributes["ApproximateReceiveCount"], "2")
	d.remove(url, got...)

	entries := []types.SendMessageBatchRequestEntry{}
	for i := 0; i < 10; i++ {
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(fmt.Sprint("message ", i))})
	}
	batch, err := d.sqs.SendMessageBatch(d.ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
	d.equal(len(must(d, batch, err).Successful), 10)
	seen := map[string]bool{}
	for len(seen) < 10 {
		got := d.receive(url, 10)
		handles := []types.DeleteMessageBatchRequestEntry{}
		for _, it := range got {
			seen[*it.Body] = true
			handles = append(handles, types.DeleteMessageBatchRequestEntry{Id: it.MessageId, ReceiptHandle: it.ReceiptHandle})
		}
		gone, err := d.sqs.DeleteMessageBatch(d.ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: handles})
		d.equal(len(must(d, gone, err).Successful), len(got))
	}

	_, err = d.sqs.GetQueueUrl(d.ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("go-not")})
	var missing *types.QueueDoesNotExist
	if !errors.As(err, &missing) {
		d.Fatalf("not QueueDoesNotExist: %v", err)
	}
	_, err = d.sqs.DeleteQueue(d.ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	must(d, 0, err)
}

func TestFifo(t *testing.T) {
	d := begin(t)
	url, _ := d.queue("go.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	sequences := []string{}
	for _, body := range []string{"first", "second", "second", "third"} {
		sent, err := d.sqs.SendMessage(d.ctx, &sqs.SendMessageInput{
			QueueUrl: &url, MessageBody: aws.String(body), MessageGroupId: aws.String("group")})
		sequences = append(sequences, *must(d, sent, err).SequenceNumber)
	}
	d.equal(sequences[1], sequences[2])
	bodies := []string{}
	for _, it := range d.receive(url, 10) {
		bodies = append(bodies, *it.Body)
	}
	d.equal(bodies, []string{"first", "second", "third"})
}

func TestDeadLetters(t *testing.T) {
	d := begin(t)
	dead, arn := d.queue("go-dead", nil)
	url, source := d.queue("go-failing", map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":1}`, arn), "VisibilityTimeout": "0"})
	id := d.send(url, "unlucky")
	d.receive(url, 1)
	empty, err := d.sqs.ReceiveMessage(d.ctx, &sqs.ReceiveMessageInput{QueueUrl: &url})
	d.equal(len(must(d, empty, err).Messages), 0)
	got := d.receive(dead, 1)
	d.equal(*got[0].MessageId, id)
	d.equal(got[0].Attributes["DeadLetterQueueSourceArn"], source)
}

func TestTopic(t *testing.T) {
	d := begin(t)
	url, arn := d.queue("go-news", nil)
	made, err := d.sns.CreateTopic(d.ctx, &sns.CreateTopicInput{Name: aws.String("go-news")})
	topic := must(d, made, err).TopicArn
	_, err = d.sns.Subscribe(d.ctx, &sns.SubscribeInput{
		TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: &arn, Attributes: map[string]string{
			"FilterPolicy": `{"amount":[{"numeric":[">",50]}],"city":[{"prefix":"Any"}]}`}})
	must(d, 0, err)
	publish := func(message, amount, city string) {
		_, err := d.sns.Publish(d.ctx, &sns.PublishInput{
			TopicArn: topic, Message: &message, Subject: aws.String("News"), MessageAttributes: map[string]snstypes.MessageAttributeValue{
				"amount": {DataType: aws.String("Number"), StringValue: &amount},
				"city":   {DataType: aws.String("String"), StringValue: &city}}})
		must(d, 0, err)
	}
	publish("too little", "50", "Any City")
	publish("elsewhere", "51", "Other City")
	publish("enough", "50.5", "Any City")
	entries := []snstypes.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("without attributes")},
		{Id: aws.String("b"), Message: aws.String("more"), MessageAttributes: map[string]snstypes.MessageAttributeValue{
			"amount": {DataType: aws.String("Number"), StringValue: aws.String("1e3")},
			"city":   {DataType: aws.String("String"), StringValue: aws.String("Anywhere")}}}}
	batch, err := d.sns.PublishBatch(d.ctx, &sns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: entries})
	d.equal(len(must(d, batch, err).Successful), 2)
	seen := map[string]bool{}
	for len(seen) < 2 {
		for _, it := range d.receive(url, 10) {
			var envelope struct {
				Type, Subject, Message, TopicArn string
				MessageAttributes                map[string]struct{ Type, Value string }
			}
			must(d, 0, json.Unmarshal([]byte(*it.Body), &envelope))
			d.equal(envelope.TopicArn, *topic)
			d.equal(envelope.MessageAttributes["amount"].Type, "Number")
			seen[envelope.Message] = true
			d.remove(url, it)
		}
	}
	d.equal(seen, map[string]bool{"enough": true, "more": true})
}

func TestSecrets(t *testing.T) {
	d := begin(t)
	name := aws.String("dev/go/password")
	_, err := d.secrets.CreateSecret(d.ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("old")})
	must(d, 0, err)
	_, err = d.secrets.PutSecretValue(d.ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("new")})
	must(d, 0, err)
	for stage, value := range map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": "old"} {
		got, err := d.secrets.GetSecretValue(d.ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: aws.String(stage)})
		d.equal(*must(d, got, err).SecretString, value)
	}
	_, err = d.secrets.GetSecretValue(d.ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("dev/go/none")})
	var missing *secretstypes.ResourceNotFoundException
	if !errors.As(err, &missing) {
		d.Fatalf("not ResourceNotFoundException: %v", err)
	}
}
