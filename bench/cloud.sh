# ./dev bench cloud: a listener's events to SQS in batches, beside one awaited SendMessage per event.
exec python3 bench/cloud.py
