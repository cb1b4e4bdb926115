package retort

import (
	"context"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// RollbackOptions are the choices of Rollback.
type RollbackOptions struct {
	Services []string // when empty, those that entered together last
	In       string   // the environment
	Goal     promote.Goal
	DryRun   bool   // ask the gates, move nothing, write nothing
	Override string // why refusals shall be overruled, where the environment allows it
}

// Rollback lets an environment run again what it ran before. It works because
// history was kept: no build, no test, no engine. What it goes back to is checked
// to be whole before any name moves, and all services move as one. A refusal of
// a gate is a result; see [PromoteResult.Err].
func (p *Pipeline) Rollback(ctx context.Context, opts RollbackOptions) (result PromoteResult, err error) {
	defer p.stage("rollback in " + opts.In)(&err)
	result.Environment = opts.In
	env, err := p.Project.Environment(opts.In)
	if err != nil {
		return result, err
	}
	if err := p.mayEnter(env); err != nil {
		return result, err
	}
	if err := mayOverride(env, opts.Override); err != nil {
		return result, err
	}
	result.overridable = env.Override && opts.Override == ""
	places, err := p.places(env, opts.Services)
	if err != nil {
		return result, err
	}
	reg := p.registry.With("rollback", "")
	edges, err := promote.Back(ctx, reg, places, opts.Goal)
	if err != nil {
		return result, err
	}
	files, err := p.handoff("rollback", env, edges)
	if err != nil {
		return result, err
	}
	result.Result, err = promote.Run(ctx, reg, promote.Options{
		Edges: edges, Gates: p.rollbackGates(env, reg), DryRun: opts.DryRun, Override: opts.Override,
		Voucher: p.voucher(reg), Progress: p.sink,
		Record: registry.Record{Project: p.Project.Name, Actor: p.actor(), Build: p.CI.URL, Action: registry.Rollback},
	})
	err = result.beside(err)
	if keepErr := p.keepPromoted(ctx, result); keepErr != nil {
		p.warn("rollback", "", "write down the rollback: "+keepErr.Error())
	}
	p.tellOverruled("rollback", result)
	if err != nil {
		return result, err
	}
	return result, files.finish(&result, opts.DryRun)
}

// places are where the environment has the services named, or all.
func (p *Pipeline) places(env project.Environment, names []string) ([]promote.Place, error) {
	services, err := p.deployable(names)
	if err != nil {
		return nil, err
	}
	places := make([]promote.Place, len(services))
	for i, s := range services {
		repository, tag, err := env.Target(s, p.Project.Name)
		if err != nil {
			return nil, err
		}
		places[i] = promote.Place{Service: s.Name, Environment: env.Name, Repository: repository, Tag: tag}
	}
	return places, nil
}
