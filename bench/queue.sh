# ./dev bench queue: durable sends, receives and removals, beside a bare log that only appends and syncs.
exec build/bench/queue_bench
