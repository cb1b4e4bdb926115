package main

import (
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestOverridesAreShown(t *testing.T) {
	records := []registry.Record{
		{Service: "orders", Action: registry.Promote, Actor: "ann", Time: time.Now(), Override: "the shop is down"},
		{Service: "orders", Action: registry.Promote, Actor: "bob", Time: time.Now()},
	}
	for want, shown := range map[string][]registry.Record{"OVERRIDE": records, "BY": records[1:]} {
		header, rows := historyTable(shown)
		var table strings.Builder
		if err := ui.Table(&table, header, rows); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(table.String()), "\n")
		if !strings.HasSuffix(lines[0], want) || len(lines) != len(shown)+1 {
			t.Errorf("table is\n%s", table.String())
		}
		if overruled := strings.Contains(table.String(), "ann  the shop is down"); overruled != (want == "OVERRIDE") {
			t.Errorf("table is\n%s", table.String())
		}
	}
}
