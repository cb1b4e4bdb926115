package retort

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/state"
)

// maxEvidence is how large a suite's reports may be to be kept with its verdict,
// in bytes; registries are no place for more.
const maxEvidence = 16 << 20

// maxNames bounds the names of tests in a statement, in bytes. Beyond it the
// suite stands for its tests, which are in the reports behind the statement.
const maxNames = 256 << 10

// evidenceName is the file for the reports of an entry of the state.
func evidenceName(key string) string {
	return strings.NewReplacer(" ", ".", "/", "-of-").Replace(key) + ".xml"
}

// keepEvidence writes a suite's reports as one file where no CI collects them
// and no later run of another suite removes them: until a push attaches them,
// and for a run that needs not be repeated. Shards are cut by how long its files took.
// It gives the path in the workspace, or nothing when they are too large.
func (p *Pipeline) keepEvidence(key string, r report.Report) (string, error) {
	var xml bytes.Buffer
	if err := report.Write(&xml, r.ByFile()); err != nil {
		return "", fmt.Errorf("reports of %s: %w", key, err)
	}
	if xml.Len() > maxEvidence {
		p.warn("test", key, fmt.Sprintf("its reports have %d MiB and are not kept with the verdict, at most %d are", xml.Len()>>20, maxEvidence>>20))
		return "", nil
	}
	name := "evidence/" + evidenceName(key)
	if _, err := p.state.Write(name, xml.Bytes()); err != nil {
		return "", fmt.Errorf("keep the reports of %s: %w", key, err)
	}
	return state.DirName + "/" + name, nil
}

// placeReport makes a file the only report in a directory below .retort/reports,
// where a CI's report step looks; what an earlier run left would be counted too.
func (p *Pipeline) placeReport(dir, name string, xml []byte) (string, error) {
	if err := os.RemoveAll(filepath.Join(p.Project.Dir, state.DirName, "reports", filepath.FromSlash(dir))); err != nil {
		return "", fmt.Errorf("remove old reports: %w", err)
	}
	written, err := p.state.Write("reports/"+dir+"/"+name, xml)
	if err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	return written, nil
}

// sumOf is the digest by which a statement names its reports.
func sumOf(junit []byte) string { return digest.FromBytes(junit).String() }

// readEvidence gives the reports that were kept, nil when they are not there: a
// stash may have left them out.
func (p *Pipeline) readEvidence(suite state.Suite) []byte {
	if suite.Evidence == "" || !filepath.IsLocal(filepath.FromSlash(suite.Evidence)) {
		return nil
	}
	data, err := readAtMost(filepath.Join(p.Project.Dir, filepath.FromSlash(suite.Evidence)), maxEvidence)
	if err != nil {
		return nil
	}
	return data
}

// testNames are the tests in a suite's reports by how they ended; none at all
// when there are too many.
func testNames(junit []byte) (passed, warned, failed []string) {
	if junit == nil {
		return nil, nil, nil
	}
	r, err := report.Read(bytes.NewReader(junit), maxEvidence)
	if err != nil {
		return nil, nil, nil
	}
	size := 0
	for row := range r.Rows() {
		name := row.Title()
		if size += len(name); size > maxNames {
			return nil, nil, nil
		}
		switch {
		case row.Status.Bad():
			failed = append(failed, name)
		case row.IsFlaky():
			warned = append(warned, name)
		case row.Status == report.Passed:
			passed = append(passed, name)
		}
	}
	return passed, warned, failed
}
