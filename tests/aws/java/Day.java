// A Java service's day with queues, topics and secrets through the AWS SDK for Java v2. Run from its source: java -cp JARS Day.java
import java.nio.charset.StandardCharsets;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.*;

public class Day {
  static final URI ENDPOINT = URI.create(System.getenv("AWS_ENDPOINT_URL"));
  static final SqsClient sqs = SqsClient.builder().endpointOverride(ENDPOINT).build();
  static final SnsClient sns = SnsClient.builder().endpointOverride(ENDPOINT).build();
  static final SecretsManagerClient secrets = SecretsManagerClient.builder().endpointOverride(ENDPOINT).build();

  interface Step { void run() throws Exception; }

  static void equal(Object got, Object want) {
    if (!want.equals(got)) throw new AssertionError("got " + got + ", want " + want);
  }

  static <E extends Exception> E refused(Class<E> kind, Step step) {
    try {
      step.run();
    } catch (Exception error) {
      if (kind.isInstance(error)) return kind.cast(error);
      throw new AssertionError("refused otherwise", error);
    }
    throw new AssertionError("not refused with " + kind);
  }

  static String queue(String name, Map<QueueAttributeName, String> attributes) {
    return sqs.createQueue(it -> it.queueName(name).attributes(attributes)).queueUrl();
  }

  static String arn(String url) {
    return sqs.getQueueAttributes(it -> it.queueUrl(url).attributeNames(QueueAttributeName.QUEUE_ARN)).attributes().get(QueueAttributeName.QUEUE_ARN);
  }

  // Waits for messages; the SDK checks their MD5s.
  static List<Message> receive(String url, int most) {
    return sqs.receiveMessage(it -> it.queueUrl(url).maxNumberOfMessages(most).waitTimeSeconds(20).messageAttributeNames("All")
        .attributeNamesWithStrings("All")).messages();
  }

  static void messages() {
    String url = queue("java", Map.of());
    equal(sqs.getQueueUrl(it -> it.queueName("java")).queueUrl(), url);
    String id = sqs.sendMessage(it -> it.queueUrl(url).messageBody("Grüße").messageAttributes(Map.of(
        "City", MessageAttributeValue.builder().dataType("String").stringValue("Any City").build(),
        "Amount", MessageAttributeValue.builder().dataType("Number.int").stringValue("7").build(),
        "Bytes", MessageAttributeValue.builder().dataType("Binary").binaryValue(SdkBytes.fromByteArray(new byte[] {0, -1})).build()))).messageId();
    Message got = receive(url, 10).get(0);
    equal(got.messageId(), id);
    equal(got.body(), "Grüße");
    equal(got.messageAttributes().get("Amount").stringValue(), "7");
    equal(got.messageAttributes().get("Bytes").binaryValue(), SdkBytes.fromByteArray(new byte[] {0, -1}));
    equal(got.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT), "1");
    String first = got.receiptHandle();
    sqs.changeMessageVisibility(it -> it.queueUrl(url).receiptHandle(first).visibilityTimeout(0));
    got = receive(url, 10).get(0);
    equal(got.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT), "2");
    String second = got.receiptHandle();
    sqs.deleteMessage(it -> it.queueUrl(url).receiptHandle(second));

    List<SendMessageBatchRequestEntry> entries = IntStream.range(0, 10)
        .mapToObj(i -> SendMessageBatchRequestEntry.builder().id("" + i).messageBody("message " + i).build()).toList();
    equal(sqs.sendMessageBatch(it -> it.queueUrl(url).entries(entries)).successful().size(), 10);
    Set<String> seen = new HashSet<>();
    while (seen.size() < 10) {
      List<DeleteMessageBatchRequestEntry> handles = new ArrayList<>();
      for (Message it : receive(url, 10)) {
        seen.add(it.body());
        handles.add(DeleteMessageBatchRequestEntry.builder().id(it.messageId()).receiptHandle(it.receiptHandle()).build());
      }
      equal(sqs.deleteMessageBatch(it -> it.queueUrl(url).entries(handles)).failed().size(), 0);
    }
    equal(refused(QueueDoesNotExistException.class, () -> sqs.sendMessage(it -> it.queueUrl(url + "-not").messageBody("lost")))
        .awsErrorDetails().errorCode(), "AWS.SimpleQueueService.NonExistentQueue");
    sqs.deleteQueue(it -> it.queueUrl(url));
  }

  static void fifo() {
    String url = queue("java.fifo", Map.of(QueueAttributeName.FIFO_QUEUE, "true", QueueAttributeName.CONTENT_BASED_DEDUPLICATION, "true"));
    List<String> sequences = new ArrayList<>();
    for (String body : List.of("first", "second", "second", "third"))
      sequences.add(sqs.sendMessage(it -> it.queueUrl(url).messageBody(body).messageGroupId("group")).sequenceNumber());
    equal(sequences.get(1), sequences.get(2));
    equal(receive(url, 10).stream().map(Message::body).toList(), List.of("first", "second", "third"));
  }

  static void deadLetters() {
    String dead = queue("java-dead", Map.of());
    String url = queue("java-failing", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "0", QueueAttributeName.REDRIVE_POLICY,
        "{\"deadLetterTargetArn\":\"" + arn(dead) + "\",\"maxReceiveCount\":1}"));
    String id = sqs.sendMessage(it -> it.queueUrl(url).messageBody("unlucky")).messageId();
    receive(url, 1);
    equal(sqs.receiveMessage(it -> it.queueUrl(url)).messages().size(), 0);
    Message got = receive(dead, 1).get(0);
    equal(got.messageId(), id);
    equal(got.attributesAsStrings().get("DeadLetterQueueSourceArn"), arn(url));
  }

  static software.amazon.awssdk.services.sns.model.MessageAttributeValue attribute(String type, String value) {
    return software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder().dataType(type).stringValue(value).build();
  }

  static void topic() {
    String url = queue("java-news", Map.of());
    String topic = sns.createTopic(it -> it.name("java-news")).topicArn();
    String subscription = sns.subscribe(it -> it.topicArn(topic).protocol("sqs").endpoint(arn(url)).returnSubscriptionArn(true).attributes(
        Map.of("FilterPolicy", "{\"amount\":[{\"numeric\":[\">\",50]}]}", "RawMessageDelivery", "true"))).subscriptionArn();
    equal(sns.getSubscriptionAttributes(it -> it.subscriptionArn(subscription)).attributes().get("RawMessageDelivery"), "true");
    sns.publish(it -> it.topicArn(topic).message("too little").messageAttributes(Map.of("amount", attribute("Number", "50"))));
    sns.publish(it -> it.topicArn(topic).message("enough").messageAttributes(Map.of("amount", attribute("Number", "50.5"))));
    equal(sns.publishBatch(it -> it.topicArn(topic).publishBatchRequestEntries(
        entry -> entry.id("a").message("nothing said"),
        entry -> entry.id("b").message("more").messageAttributes(Map.of("amount", attribute("Number", "1e3"))))).successful().size(), 2);
    Set<String> seen = new HashSet<>();
    while (seen.size() < 2)
      for (Message it : receive(url, 10)) {
        equal(it.messageAttributes().get("amount").dataType(), "Number");
        seen.add(it.body());
        sqs.deleteMessage(gone -> gone.queueUrl(url).receiptHandle(it.receiptHandle()));
      }
    equal(seen, Set.of("enough", "more"));
  }

  static void secrets() {
    String name = "dev/java/password";
    secrets.createSecret(it -> it.name(name).secretString("old"));
    secrets.putSecretValue(it -> it.secretId(name).secretString("new"));
    equal(secrets.getSecretValue(it -> it.secretId(name)).secretString(), "new");
    equal(secrets.getSecretValue(it -> it.secretId(name).versionStage("AWSPREVIOUS")).secretString(), "old");
    secrets.createSecret(it -> it.name("dev/java/bytes").secretBinary(SdkBytes.fromString("Grüße", StandardCharsets.UTF_8)));
    equal(secrets.getSecretValue(it -> it.secretId("dev/java/bytes")).secretBinary().asUtf8String(), "Grüße");
    refused(ResourceNotFoundException.class, () -> secrets.getSecretValue(it -> it.secretId("dev/java/none")));
  }

  public static void main(String[] arguments) {
    messages();
    fifo();
    deadLetters();
    topic();
    secrets();
    System.out.println("the Java SDK's day is done");
  }
}
