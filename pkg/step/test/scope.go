package test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/progress"
)

// scope owns the containers, the network and the volumes of one attempt at a part.
type scope struct {
	engine  engine.Runner
	opts    Options
	part    part
	attempt int // from 0
	sink    progress.Sink

	network engine.Network
	volumes map[string]engine.Volume // by their name in the suite
	mu      sync.Mutex
	made    []remover                   // what is to be removed
	started map[string]engine.Container // by service, the suite's own too
	outputs []*output
	own     starter // of the suite's own container, once that is created
}

// prepare makes a network of the suite's own when it needs company. A suite
// without services has nobody to talk to and takes the engine's default.
func (sc *scope) prepare(ctx context.Context) error {
	if err := sc.part.Check(); err != nil {
		return err
	}
	if err := sc.clearReports(); err != nil { // of the attempt before
		return err
	}
	if err := sc.makeVolumes(ctx); err != nil {
		return err
	}
	if len(sc.part.Services) == 0 {
		return nil
	}
	networker, ok := sc.engine.(engine.Networker)
	if !ok {
		return fault.Wrap(fault.Usage, fmt.Errorf("services beside a suite: %w", engine.ErrUnsupported),
			"use an engine with networks, such as docker")
	}
	network, err := networker.CreateNetwork(ctx, engine.NetworkSpec{Name: sc.name(), Labels: sc.labels()})
	if err != nil {
		return err
	}
	sc.network = network
	return nil
}

func (sc *scope) makeVolumes(ctx context.Context) error {
	if len(sc.part.Volumes) == 0 {
		return nil
	}
	volumer, ok := sc.engine.(engine.Volumer)
	if !ok {
		return fault.Wrap(fault.Usage, fmt.Errorf("volumes of a suite: %w", engine.ErrUnsupported),
			"use an engine with volumes, such as docker")
	}
	sc.volumes = map[string]engine.Volume{}
	for _, name := range sc.part.Volumes {
		v, err := volumer.CreateVolume(ctx, engine.VolumeSpec{Name: sc.name() + "." + name, Labels: sc.labels()})
		if err != nil {
			return err
		}
		sc.volumes[name] = v
	}
	return nil
}

// name is one that nothing else on the engine has.
func (sc *scope) name() string {
	name := sc.opts.Prefix + "-" + sc.part.id()
	if sc.attempt > 0 {
		name += ".rerun" + strconv.Itoa(sc.attempt)
	}
	return name
}

// labels are the owner's, and the suite's name for whoever looks at the engine.
func (sc *scope) labels() map[string]string {
	l := maps.Clone(sc.opts.Labels)
	if l == nil {
		l = map[string]string{}
	}
	l[owner.LabelSuite] = sc.part.Name
	return l
}

func (sc *scope) warn(format string, args ...any) { sc.tell(progress.Warning, format, args...) }

func (sc *scope) note(format string, args ...any) { sc.tell(progress.Note, format, args...) }

func (sc *scope) tell(kind progress.Kind, format string, args ...any) {
	sc.sink.Emit(progress.Event{Kind: kind, Stage: "test", Subject: sc.part.title(), Text: fmt.Sprintf(format, args...)})
}
