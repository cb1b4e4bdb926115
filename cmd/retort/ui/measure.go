package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// span writes a duration as people say it: 0.3s, 12.3s, 2m05s, 1h02m.
func span(d time.Duration) string {
	switch {
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// bytesOf writes the size of a transfer, in powers of 1000 as registries and disks count.
func bytesOf(n int64) string {
	value, unit := float64(n), 0
	for value >= 999.95 && unit < 4 {
		value /= 1000
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGT"[unit-1])
}

// pad fills text with spaces to width characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// cut shortens text to width columns. Characters that may take two columns
// count as two: too short is better than a line that wraps.
func cut(text string, width int) string {
	columns, fits := 0, 0
	for i, r := range text {
		if r >= 0x1100 {
			columns++
		}
		columns++
		if columns <= width-1 {
			fits = i + utf8.RuneLen(r)
		}
	}
	if columns <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return text[:fits] + "…"
}
