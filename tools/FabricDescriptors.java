// Writes one google.protobuf.FileDescriptorSet with every descriptor of Fabric's protocol, read from the
// classes of Maven's org.hyperledger.fabric:fabric-protos. protoc makes belfry's C++ from it.
//
//   java -cp fabric-protos.jar:protobuf-java.jar FabricDescriptors.java fabric-protos.jar OUTPUT

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.FileOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarFile;

public final class FabricDescriptors {
  private static void add(FileDescriptor file, Map<String, FileDescriptor> into) {
    if (into.containsKey(file.getName())) return;
    for (FileDescriptor dependency : file.getDependencies()) add(dependency, into);
    into.put(file.getName(), file); // after its dependencies, as protoc wants it
  }

  public static void main(String[] args) throws Exception {
    Map<String, FileDescriptor> files = new LinkedHashMap<>();
    try (JarFile jar = new JarFile(args[0])) {
      for (String name : (Iterable<String>) jar.stream().map(e -> e.getName()).sorted()::iterator) {
        if (!name.endsWith("Proto.class") || name.contains("$")) continue;
        Class<?> type = Class.forName(name.replace('/', '.').replace(".class", ""));
        add((FileDescriptor) type.getMethod("getDescriptor").invoke(null), files);
      }
    }
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptor file : files.values()) set.addFile(file.toProto());
    try (FileOutputStream out = new FileOutputStream(args[1])) {
      set.build().writeTo(out);
    }
  }
}
