package retort

import (
	"time"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// stage tells that a stage began and gives the function that tells its end:
//
//	defer p.stage("build")(&err)
func (p *Pipeline) stage(name string) func(*error) {
	begun := time.Now()
	p.sink.Emit(progress.Event{Kind: progress.StageBegin, Stage: name})
	return func(err *error) {
		p.sink.Emit(progress.Event{Kind: progress.StageEnd, Stage: name, Elapsed: time.Since(begun), Err: *err})
	}
}

// checkRefs refuses what is no reference before work is spent on it.
func (p *Pipeline) checkRefs(refs []string) error {
	for _, ref := range refs {
		if err := registry.CheckReference(ref); err != nil {
			return err
		}
	}
	return nil
}
