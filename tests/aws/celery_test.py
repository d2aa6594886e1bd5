"""Celery with SQS as its broker, through kombu: tasks run, one that fails is tried again."""
import os
import threading
import time
import unittest

import support


class Day(unittest.TestCase):
    def test_tasks_run(self):
        belfry = support.Belfry()
        self.addCleanup(belfry.stop)
        os.environ.update(support.environment(belfry.endpoint))
        import celery
        from celery.contrib.testing.worker import start_worker

        host = belfry.endpoint.removeprefix("http://")
        app = celery.Celery("bells", broker=f"sqs://key:secret@{host}")
        app.conf.update(broker_transport_options={"region": "eu-west-1", "is_secure": False, "wait_time_seconds": 2,
                                                  "polling_interval": 0.1},
                        task_acks_late=True, worker_hijack_root_logger=False)
        rung, all_rung = [], threading.Event()

        @app.task(bind=True, max_retries=3, default_retry_delay=0)
        def ring(self, number):
            if number == 3 and self.request.retries == 0:
                raise self.retry()
            rung.append(number)
            if len(set(rung)) == 10:
                all_rung.set()

        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
            for number in range(10):
                ring.delay(number)
            self.assertTrue(all_rung.wait(180), rung)
        self.assertEqual(sorted(rung), list(range(10)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
