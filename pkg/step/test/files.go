package test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// clearFiles removes what an earlier run of the suite left, so that no report is
// counted twice. What other shards of the same division left stays: an agent may
// run several of them, one after the other.
func clearFiles(opts Options, s Suite) error {
	for _, dir := range []string{opts.Reports, opts.Logs} {
		if dir == "" {
			continue
		}
		if err := clearSuite(filepath.Join(dir, s.Name), s.Shards); err != nil {
			return fmt.Errorf("remove old reports and logs: %w", err)
		}
	}
	return nil
}

func clearSuite(dir string, shards []Shard) error {
	if len(shards) == 0 || len(shards) == shards[0].Total {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, shard := range shards {
		ours[shard.Dir()] = true
	}
	kin := fmt.Sprintf("-of-%d", shards[0].Total)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "shard-") && strings.HasSuffix(e.Name(), kin) && !ours[e.Name()] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// reportDir is where the part's reports go, empty when none are kept.
func (sc *scope) reportDir() string {
	if sc.opts.Reports == "" {
		return ""
	}
	return filepath.Join(sc.opts.Reports, filepath.FromSlash(sc.part.dir()))
}
