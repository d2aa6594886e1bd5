# ./dev bench decode: block bytes to events, beside a protobuf parse with reused messages.
exec build/bench/decode
