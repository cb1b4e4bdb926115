package main

import (
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestLogLimitOf(t *testing.T) {
	for text, want := range map[string]int{
		"": defaultLogLimit, "0": 0, "1500": 1500, "500k": 500_000, "2M": 2_000_000, "1MB": 1_000_000, "1g": 1_000_000_000, "12b": 12,
	} {
		if got, err := logLimitOf(text, false); got != want || err != nil {
			t.Errorf("%q gives %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"k", "-1", "1.5M", "many", "2g", "1kk", "99999999999999999999", "1 k", "1KiB"} {
		if got, err := logLimitOf(text, false); fault.SideOf(err) != fault.Usage {
			t.Errorf("%q gives %d (%v), want a fault of usage", text, got, err)
		}
	}
	if got, err := logLimitOf("", true); got != 0 || err != nil {
		t.Errorf("a terminal has a limit of %d (%v)", got, err)
	}
}
