//! quamina in Rust, on the files that `match_bench --write` leaves: match-peer PATTERNS EVENTS.
use quamina::Quamina;
use std::fs;

/// The processor time of this thread in seconds, as belfry's own benchmark takes it.
fn now() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let patterns = fs::read_to_string(&arguments[1]).expect("the patterns' file");
    let events = fs::read_to_string(&arguments[2]).expect("the events' file");
    let events: Vec<&[u8]> = events.lines().map(str::as_bytes).collect();

    let start = now();
    let mut engine = Quamina::new();
    for (number, pattern) in patterns.lines().enumerate() {
        if let Err(error) = engine.add_pattern(number as u32, pattern) {
            println!("refuses pattern {number}: {error}");
            return;
        }
    }
    let build = now() - start;

    let (mut done, mut matched) = (0, 0);
    let start = now();
    while now() - start < 1.0 {
        matched = 0;
        for event in &events {
            matched += engine.matches_for_event(event).expect("an event is JSON").len();
            done += 1;
            if done % 64 == 0 && now() - start > 10.0 {
                break; // so slow that one pass is too much
            }
        }
    }
    println!("{:10.3} {:12.0} {:8}", build, done as f64 / (now() - start), matched);
}
