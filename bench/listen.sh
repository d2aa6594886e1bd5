# Listening: events per CPU-second over TLS, beside gRPC alone and the Node SDK, on the same stream.
exec python3 bench/listen.py
