// A Java Messaging Service day: Amazon's SQS library for JMS, synchronous and with a listener. Run from its source: java -cp JARS Jms.java
import com.amazon.sqs.javamessaging.AmazonSQSMessagingClientWrapper;
import com.amazon.sqs.javamessaging.ProviderConfiguration;
import com.amazon.sqs.javamessaging.SQSConnection;
import com.amazon.sqs.javamessaging.SQSConnectionFactory;
import com.amazon.sqs.javamessaging.SQSSession;
import jakarta.jms.BytesMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.SqsClient;

public class Jms {
  static final long PATIENCE = 60_000;  // ms

  static void equal(Object got, Object want) {
    if (!want.equals(got)) throw new AssertionError("got " + got + ", want " + want);
  }

  static void kinds(SQSConnection connection) throws Exception {
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    MessageProducer producer = session.createProducer(session.createQueue("jms"));
    MessageConsumer consumer = session.createConsumer(session.createQueue("jms"));
    TextMessage text = session.createTextMessage("Grüße");
    text.setStringProperty("city", "Any City");
    text.setIntProperty("amount", 7);
    producer.send(text);
    TextMessage got = (TextMessage) consumer.receive(PATIENCE);
    equal(got.getText(), "Grüße");
    equal(got.getStringProperty("city"), "Any City");
    equal(got.getIntProperty("amount"), 7);
    equal(got.getJMSMessageID(), text.getJMSMessageID());
    BytesMessage bytes = session.createBytesMessage();
    bytes.writeBytes(new byte[] {0, -1, 7});
    producer.send(bytes);
    equal(((BytesMessage) consumer.receive(PATIENCE)).getBodyLength(), 3L);
    producer.send(session.createObjectMessage("serialised"));
    equal(((ObjectMessage) consumer.receive(PATIENCE)).getObject(), "serialised");
    equal(consumer.receiveNoWait() == null, true);
    session.close();
  }

  // Unordered acknowledgement, one message at a time: what is not acknowledged comes back.
  static void acknowledged(SQSConnection connection) throws Exception {
    Session session = connection.createSession(false, SQSSession.UNORDERED_ACKNOWLEDGE);
    MessageProducer producer = session.createProducer(session.createQueue("jms-acknowledged"));
    for (String body : List.of("kept", "dropped")) producer.send(session.createTextMessage(body));
    MessageConsumer consumer = session.createConsumer(session.createQueue("jms-acknowledged"));
    List<String> first = new ArrayList<>();
    for (int i = 0; i < 2; ++i) {
      TextMessage message = (TextMessage) consumer.receive(PATIENCE);
      first.add(message.getText());
      if (message.getText().equals("dropped")) message.acknowledge();
    }
    equal(Set.copyOf(first), Set.of("kept", "dropped"));
    session.close();
    Session other = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
    TextMessage again = (TextMessage) other.createConsumer(other.createQueue("jms-acknowledged")).receive(PATIENCE);
    equal(again.getText(), "kept");
    equal(again.getIntProperty("JMSXDeliveryCount"), 2);
    again.acknowledge();
    other.close();
  }

  static void inOrder(SQSConnection connection) throws Exception {
    Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
    MessageProducer producer = session.createProducer(session.createQueue("jms.fifo"));
    for (int i = 0; i < 10; ++i) {
      TextMessage message = session.createTextMessage("" + i);
      message.setStringProperty("JMSXGroupID", "group");
      message.setStringProperty("JMS_SQS_DeduplicationId", "once-" + i / 2);  // every second one is a duplicate
      producer.send(message);
    }
    MessageConsumer consumer = session.createConsumer(session.createQueue("jms.fifo"));
    for (int i = 0; i < 10; i += 2) {
      Message message = consumer.receive(PATIENCE);
      equal(((TextMessage) message).getText(), "" + i);
      message.acknowledge();
    }
    session.close();
  }

  // A listener fails now and then; what it failed at is delivered again until it succeeds.
  static void listener(SQSConnection connection) throws Exception {
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    Set<String> handled = ConcurrentHashMap.newKeySet(), failed = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(30);
    session.createConsumer(session.createQueue("jms-listened")).setMessageListener(message -> {
      try {
        String text = ((TextMessage) message).getText();
        if (text.endsWith("3") && failed.add(text)) throw new IllegalStateException("try again");
        if (handled.add(text)) all.countDown();
      } catch (jakarta.jms.JMSException error) {
        throw new IllegalStateException(error);
      }
    });
    MessageProducer producer = session.createProducer(session.createQueue("jms-listened"));
    for (int i = 0; i < 30; ++i) producer.send(session.createTextMessage("" + i));
    if (!all.await(PATIENCE, TimeUnit.MILLISECONDS)) throw new AssertionError("handled only " + handled);
    equal(failed, Set.of("3", "13", "23"));
    session.close();
  }

  public static void main(String[] arguments) throws Exception {
    SqsClient sqs = SqsClient.builder().endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL"))).build();
    // Without prefetching: closing a session waits for its long poll, 20 s each.
    SQSConnection connection =
        new SQSConnectionFactory(new ProviderConfiguration().withNumberOfMessagesToPrefetch(0), sqs).createConnection();
    AmazonSQSMessagingClientWrapper client = connection.getWrappedAmazonSQSClient();
    for (String name : List.of("jms", "jms-acknowledged", "jms-listened")) {
      if (client.queueExists(name)) throw new AssertionError("is there already: " + name);
      client.createQueue(name);
    }
    sqs.createQueue(it -> it.queueName("jms.fifo").attributesWithStrings(Map.of("FifoQueue", "true")));
    connection.start();
    kinds(connection);
    acknowledged(connection);
    inOrder(connection);
    connection.close();
    SQSConnection prefetching = new SQSConnectionFactory(new ProviderConfiguration(), sqs).createConnection();
    prefetching.start();
    listener(prefetching);
    prefetching.close();
    System.out.println("the JMS day is done");
  }
}
