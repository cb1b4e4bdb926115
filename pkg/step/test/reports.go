package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/report"
)

// collect takes the suite's reports, from its files and its output. When there
// is none at all, one case stands for the container.
func (sc *scope) collect(ctx context.Context, c engine.Container, out *Outcome, o *output) error {
	if err := sc.collectFiles(ctx, c, out); err != nil {
		return noRoom(fmt.Errorf("copy reports: %w", err), sc.opts.Reports)
	}
	if err := sc.collectOutput(o, out); err != nil {
		return err
	}
	found := out.Cases.Counts().Tests > 0
	if sc.part.ReportsRequired && !found && out.Verdict == Passed {
		sc.fail(out, "it wrote no report, and reports-required is set", out.Tail)
	}
	if bad := out.Cases.Counts().Bad(); bad > 0 && out.Verdict == Passed {
		sc.warn("it ended with exit code 0, which is its verdict, but its reports have %d failed cases", bad)
	}
	if !found || !out.Verdict.Good() && out.Cases.Counts().Bad() == 0 {
		return sc.reportContainer(out)
	}
	return nil
}

func (sc *scope) collectFiles(ctx context.Context, c engine.Container, out *Outcome) error {
	if sc.opts.Reports == "" || len(sc.part.Reports) == 0 {
		return nil
	}
	files, ok := c.(engine.FileCopier)
	if !ok {
		sc.warn("reports are not collected: %v", engine.ErrUnsupported)
		return nil
	}
	written, err := sc.copyReports(ctx, files, sc.part.Reports)
	if err != nil {
		return err
	}
	out.Reports = written
	return sc.readBack(out)
}

// collectOutput makes a report of the output of go test -json.
func (sc *scope) collectOutput(o *output, out *Outcome) error {
	if o.gotest == nil {
		return nil
	}
	r, err := o.gotest.report()
	broken, truncated := errors.AsType[*report.TruncatedError](err)
	switch {
	case truncated && out.Verdict == TimedOut: // told already
	case truncated:
		sc.warn("the output of go test breaks off at line %d; what came before is kept: %v", broken.Line, broken.Err)
	case err != nil:
		sc.warn("no report is made of stdout: %v", err)
	}
	if len(r.Suites) == 0 {
		return nil
	}
	r = r.Map(sc.opts.Secrets.Text)
	out.Cases.Suites = append(out.Cases.Suites, r.Suites...)
	return sc.write(out, "gotest.xml", r)
}

// reportContainer adds a report of one case, for the container: a CI's report
// step takes a suite without files for a broken build, and one that failed
// without a case that did for a good one.
func (sc *scope) reportContainer(out *Outcome) error {
	single := out.single().Report()
	out.Cases.Suites = append(out.Cases.Suites, single.Suites...)
	return sc.write(out, "retort.xml", single)
}

// reportIdle says that a shard had nothing to do.
func (sc *scope) reportIdle(out *Outcome) error {
	out.Cases.Suites = []report.Suite{{Name: out.Suite, Cases: []report.Case{{
		Name: out.Suite, Class: out.Suite, Status: report.Skipped, Message: out.Reason,
	}}}}
	return sc.write(out, "retort.xml", out.Cases)
}

// rewrite puts one report of all attempts in the place of the last one's: a CI
// would count each file.
func (sc *scope) rewrite(out *Outcome) error {
	if out.Attempts < 2 || sc.opts.Reports == "" {
		return nil
	}
	if err := sc.clearReports(); err != nil {
		return err
	}
	out.Reports = nil
	return sc.write(out, "retort.xml", out.Cases)
}

func (sc *scope) clearReports() error {
	if dir := sc.reportDir(); dir != "" {
		return os.RemoveAll(dir)
	}
	return nil
}

// free is a path that none of the suite's own reports has.
func (sc *scope) free(out *Outcome, name string) string {
	path := filepath.Join(sc.reportDir(), name)
	ext := filepath.Ext(name)
	for n := 1; slices.Contains(out.Reports, path); n++ {
		path = filepath.Join(sc.reportDir(), fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, ext), n, ext))
	}
	return path
}

// write writes a report in the form that every CI takes.
func (sc *scope) write(out *Outcome, name string, r report.Report) error {
	if sc.opts.Reports == "" {
		return nil
	}
	path := sc.free(out, name)
	var xml bytes.Buffer
	err := report.Write(&xml, r)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		err = os.WriteFile(path, xml.Bytes(), 0o666)
	}
	if err != nil {
		return noRoom(fmt.Errorf("write report: %w", err), sc.opts.Reports)
	}
	out.Reports = append(out.Reports, path)
	return nil
}
