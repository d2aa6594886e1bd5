# ./dev bench sqs: Amazon SQS on the wire, belfry beside goaws, fauxqs, ElasticMQ, moto and a bare HTTP server.
exec python3 bench/sqs.py "$@"
