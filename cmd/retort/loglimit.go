package main

import (
	"strconv"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// defaultLogLimit shows thousands of lines of a suite. Travis ends a job at 4 MB
// of log, and there may be several suites that say as much.
const defaultLogLimit = 500_000

// maxLogLimit is what a suite may at most take of this machine's memory, for its
// last lines are kept until it ends.
const maxLogLimit = 1_000_000_000

// logLimitOf reads --log-limit: bytes, or thousands or millions of them.
func logLimitOf(text string, isTerminal bool) (int, error) {
	if text == "" {
		if isTerminal {
			return 0, nil
		}
		return defaultLogLimit, nil
	}
	digits := strings.TrimRight(text, "kKmMgGbB")
	units := map[string]int{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9}
	unit, known := units[strings.ToLower(text[len(digits):])]
	n, err := strconv.Atoi(digits)
	if err != nil || !known || n < 0 || n > maxLogLimit/unit {
		return 0, fault.New(fault.Usage, "--log-limit 500k, 2M, or 0 for all", "--log-limit %q is not a number of bytes", text)
	}
	return n * unit, nil
}
