package retort

import (
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/structure"
)

// Containers of command tests say whose they are, as those of other suites do.
func TestCheckRunnerLabels(t *testing.T) {
	file := structure.File{Commands: make([]structure.CommandTest, 2)}
	c := checkRunner(nil, "app-structure", "sha256:12", CheckImageOptions{File: file, Timeout: time.Minute})
	if got := c.Template.Labels[owner.LabelSuite]; got != "app-structure" {
		t.Errorf("suite is %q", got)
	}
	if _, ok := owner.Parse(c.Template.Labels); !ok {
		t.Errorf("labels %v name no owner", c.Template.Labels)
	}
	if c.Template.Image != "sha256:12" || c.Timeout != time.Minute {
		t.Errorf("runs %+v", c)
	}
}
