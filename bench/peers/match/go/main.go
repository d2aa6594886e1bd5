// quamina in Go, on the files that `match_bench --write` leaves: match-peer PATTERNS EVENTS.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"quamina.net/go/quamina/v2"
)

// The processor time of this thread in seconds, as belfry's own benchmark takes it.
func now() float64 {
	const thread = 1
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		panic(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)*1e-6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func lines(path string) []string {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var out []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		out = append(out, scanner.Text())
	}
	return out
}

func main() {
	runtime.LockOSThread()
	patterns, texts := lines(os.Args[1]), lines(os.Args[2])
	events := make([][]byte, len(texts))
	for i, text := range texts {
		events[i] = []byte(text)
	}
	start := now()
	engine, err := quamina.New()
	if err != nil {
		panic(err)
	}
	for i, pattern := range patterns {
		if err := engine.AddPattern(i, pattern); err != nil {
			fmt.Printf("refuses pattern %d: %v\n", i, err)
			return
		}
	}
	build := now() - start

	done, matched := 0, 0
	start = now()
	for now()-start < 1 {
		matched = 0
		for _, event := range events {
			found, err := engine.MatchesForEvent(event)
			if err != nil {
				panic(err)
			}
			matched += len(found)
			if done++; done%16 == 0 && now()-start > 5 {
				break // so slow that one pass is too much
			}
		}
	}
	fmt.Printf("%10.3f %12.0f %8d\n", build, float64(done)/(now()-start), matched)
}
