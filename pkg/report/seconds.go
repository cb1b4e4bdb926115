package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// longest is more time than any test takes. Up to it, sums and rounding are
// exact.
const longest = time.Duration(math.MaxUint32) * time.Second

// sum adds two durations that are at most the longest.
func sum(a, b time.Duration) time.Duration { return min(a+b, longest) }

// seconds writes a duration as junit-10.xsd wants it: a decimal number without
// sign and exponent. Three decimals are the custom; more are given where
// rounding would lose something.
func seconds(d time.Duration) string {
	d = min(max(d, 0), longest)
	s := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	least := len(s) - 6
	return s[:least] + strings.TrimRight(s[least:], "0")
}

// parseSeconds reads what reporters write for a time: "1.5", "1,234.5" (the
// thousands of Surefire), "0,25" (a comma for the point), "2e-05", "12ms". What
// is none of it counts as no time at all.
func parseSeconds(s string) time.Duration {
	s = point(strings.TrimSpace(s))
	if d, ok := parseDecimal(s); ok {
		return d
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return floatSeconds(f)
	}
	if d, err := time.ParseDuration(s); err == nil {
		return min(max(d, 0), longest)
	}
	return 0
}

// point removes the commas between thousands, and makes the point of a comma
// that stands for one.
func point(s string) string {
	whole, fraction, found := strings.Cut(s, ",")
	decimal := found && !strings.ContainsAny(fraction, ",.") && (len(fraction) != 3 || whole == "0")
	if decimal {
		return whole + "." + fraction
	}
	return strings.ReplaceAll(s, ",", "")
}

// parseDecimal reads a plain decimal number without the rounding of floats.
func parseDecimal(s string) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > 9 {
		fraction = fraction[:9]
	}
	sec, err := strconv.ParseUint(whole, 10, 32)
	if err != nil {
		return 0, false
	}
	nano, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return 0, false
	}
	return time.Duration(sec)*time.Second + time.Duration(nano), true
}

// floatSeconds is f as a duration. What is no time gives 0.
func floatSeconds(f float64) time.Duration {
	switch {
	case math.IsNaN(f) || f <= 0:
		return 0
	case f >= longest.Seconds():
		return longest
	}
	return time.Duration(math.Round(f * float64(time.Second)))
}

// timestamp reads the start of a suite. Reporters write local times without a
// zone as often as not; those are taken for UTC.
func timestamp(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return writable(t.UTC())
		}
	}
	return time.Time{}
}

// writable gives no time in place of one outside the four digits of a year.
func writable(t time.Time) time.Time {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
