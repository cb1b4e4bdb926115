package test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/report"
)

// clearFiles removes what an earlier run of this suite left, so that no report
// is counted twice.
func (sc *scope) clearFiles() error {
	for _, dir := range []string{sc.opts.Reports, sc.opts.Logs} {
		if dir == "" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, sc.suite)); err != nil {
			return fmt.Errorf("remove old reports and logs: %w", err)
		}
	}
	return nil
}

// collect copies the suite's reports out of its container. A glob that matches
// nothing is told; when nothing at all came, one case stands for the container.
func (sc *scope) collect(ctx context.Context, c engine.Container, s Suite, out *Outcome) error {
	if sc.opts.Reports == "" {
		return nil
	}
	files, ok := c.(engine.FileCopier)
	if !ok && len(s.Reports) > 0 {
		sc.warn(s.Name, "reports are not collected: %v", engine.ErrUnsupported)
	}
	if ok {
		written, err := sc.copyReports(ctx, files, s.Reports)
		if err != nil {
			return fmt.Errorf("copy reports: %w", err)
		}
		out.Reports = written
		if err := sc.readBack(out); err != nil {
			return err
		}
	}
	if len(out.Reports) == 0 {
		return sc.reportNothing(s, out)
	}
	return nil
}

// reportNothing writes a report of one case: a CI's report step takes a suite
// without files for a broken build.
func (sc *scope) reportNothing(s Suite, out *Outcome) error {
	if sc.opts.Reports == "" {
		return nil
	}
	single := report.Single{Suite: s.Name, Name: s.Name, Elapsed: time.Since(out.Started)}
	if out.Verdict != Passed {
		single.Failure, single.Output = out.Summary(), strings.Join(out.Tail, "\n")
	}
	name := filepath.Join(sc.opts.Reports, s.Name, "retort.xml")
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.WriteFile(name, single.JUnit(), 0o666); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	out.Reports = append(out.Reports, name)
	return nil
}

func (sc *scope) warn(suite, format string, args ...any) {
	sc.sink.Emit(progress.Event{Kind: progress.Warning, Stage: "test", Subject: suite, Text: fmt.Sprintf(format, args...)})
}
