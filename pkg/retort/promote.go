package retort

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/gitops"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// PromoteOptions are the choices of Promote.
type PromoteOptions struct {
	Services []string // all deployable ones when empty
	To       string   // the environment
	DryRun   bool     // ask the gates, move nothing, write nothing
	Override string   // why refusals shall be overruled, where the environment allows it

	NoReferrers bool // leave evidence, signatures and SBOMs behind
}

// PromoteResult holds a move per service, in the project's order.
type PromoteResult struct {
	promote.Result
	Environment string
	Written     []gitops.Change // in files of the project; by a dry run: that would be made

	overridable bool
}

// Err is nil when no gate refused, or those that did were overruled, and
// otherwise a fault on the policy's side with every refusal and what would satisfy
// it.
func (r PromoteResult) Err() error {
	if !r.refused() {
		return nil
	}
	refusals := r.Refusals()
	lines := make([]string, len(refusals))
	var remedies []string
	for i, v := range refusals {
		lines[i] = fmt.Sprintf("%s: %s: %s", v.Service, v.Gate, v.Reason)
		if v.Remedy != "" && !slices.Contains(remedies, v.Remedy) {
			remedies = append(remedies, v.Remedy)
		}
	}
	final := slices.ContainsFunc(refusals, func(v promote.Verdict) bool { return v.Final })
	if r.overridable && !final {
		remedies = append(remedies, `or overrule: --override "reason"`)
	}
	return fault.New(fault.Policy, strings.Join(remedies, "\n"), "%s refused, nothing was moved: %s",
		r.Environment, strings.Join(lines, "; "))
}

// beside adds the refusals to the error of what could not be asked: one alone would
// hide what else must be mended. The side is the error's.
func (r PromoteResult) beside(err error) error {
	refused := r.Err()
	if err == nil || refused == nil {
		return err
	}
	return &fault.Fault{
		Side: fault.SideOf(err), Hint: strings.TrimSpace(fault.HintOf(refused) + "\n" + fault.HintOf(err)),
		Detail: fault.DetailOf(err), Err: errors.Join(err, refused),
	}
}

func (r PromoteResult) refused() bool { return len(r.Refusals()) > 0 && r.Override == "" }

// Promote lets each service's digest of this commit enter the environment. It
// needs the registry and nothing else: no engine, no file. A refusal of a gate
// is a result; see [PromoteResult.Err].
func (p *Pipeline) Promote(ctx context.Context, opts PromoteOptions) (result PromoteResult, err error) {
	result.Environment = opts.To
	env, err := p.Project.Environment(opts.To)
	if err == nil {
		err = p.mayEnter(env)
	}
	if err == nil {
		err = mayOverride(env, opts.Override)
	}
	if err == nil && opts.NoReferrers {
		err = p.mayLeaveReferrers(env, opts.Services)
	}
	if err != nil {
		return result, err
	}
	result.overridable = env.Override && opts.Override == ""
	defer p.stage("promote to " + opts.To)(&err)
	at, err := p.apart(ctx)
	if err != nil {
		return result, err
	}
	edges, err := p.edges(ctx, env, at, opts.Services)
	if err != nil {
		return result, err
	}
	files, err := p.handoff("promote", env, edges)
	if err != nil {
		return result, err
	}
	gates, err := p.gates(env)
	if err != nil {
		return result, err
	}
	reg := p.registry.With("promote", "")
	result.Result, err = promote.Run(ctx, reg, promote.Options{
		Edges: edges, Gates: gates, DryRun: opts.DryRun, Override: opts.Override,
		NoReferrers: opts.NoReferrers, Voucher: p.voucher(reg), Progress: p.sink,
		Record: registry.Record{
			Project: p.Project.Name, Actor: p.actor(), Build: p.CI.URL, Commit: revision(at), Action: registry.Promote,
		},
	})
	if errors.Is(err, registry.ErrNotFound) {
		err = fault.Wrap(fault.Usage, err, "retort push")
	}
	err = result.beside(immutable(err))
	// The registry has the record; the workspace's copy is a convenience, and a
	// promotion that was made is made, also from a read-only checkout.
	if keepErr := p.keepPromoted(ctx, result); keepErr != nil {
		p.warn("promote", "", "write down the promotion: "+keepErr.Error())
	}
	p.tellOverruled("promote", result)
	if err != nil {
		return result, err
	}
	return result, files.finish(&result, opts.DryRun)
}

// edges lead the services into the environment, each to a name of its own: two
// that wrote the same one would undo each other.
func (p *Pipeline) edges(ctx context.Context, env project.Environment, at ci.Environment, names []string) ([]promote.Edge, error) {
	services, err := p.deployable(names)
	if err != nil {
		return nil, err
	}
	edges, errs := make([]promote.Edge, len(services)), make([]error, len(services))
	var asked sync.WaitGroup
	for i, s := range services {
		asked.Go(func() { edges[i], errs[i] = p.edge(ctx, s, env, at) }) // the registry may be far away
	}
	asked.Wait()
	taken := map[string]string{}
	for i, s := range services {
		if errs[i] != nil {
			return nil, errs[i]
		}
		to := edges[i].To()
		if other, ok := taken[to]; ok {
			return nil, fault.New(fault.Usage, "tell them apart: repository: prod/{{.Service}}",
				"%s and %s are both %s in %s", other, s.Name, to, env.Name)
		}
		taken[to] = s.Name
	}
	return edges, nil
}

// edge leads from the pushed digest to the environment's name for the service.
func (p *Pipeline) edge(ctx context.Context, s project.Service, env project.Environment, at ci.Environment) (promote.Edge, error) {
	l, err := p.inRegistryAt(ctx, s, at)
	if err != nil {
		return promote.Edge{}, err
	}
	if l.digest == "" {
		return promote.Edge{}, fault.New(fault.Usage, "retort push "+s.Name, "%s was built here but not pushed yet", s.Name)
	}
	repository, tag, err := env.Target(s, p.Project.Name)
	return promote.Edge{Service: s.Name, Environment: env.Name, From: l.digest, Repository: repository, Tag: tag}, err
}

// actor is who promotes: the person who started the CI build, where the system
// tells, else its job; the user outside CI.
func (p *Pipeline) actor() string { return cmp.Or(p.CI.Actor, p.CI.Job, p.getenv("USER")) }

func (p *Pipeline) keepPromoted(ctx context.Context, result PromoteResult) error {
	if !slices.ContainsFunc(result.Moves, func(m promote.Move) bool { return m.Moved }) {
		return nil
	}
	_, err := p.keep(ctx, func(r *state.Run) {
		for _, m := range result.Moves {
			if m.Moved {
				r.Promotions = append(r.Promotions, state.Promotion{
					Service: m.Service, Environment: m.Environment, Ref: m.To(), Digest: m.Digest(),
					Time: time.Now().UTC(), Seconds: m.Elapsed.Seconds(),
				})
			}
		}
	})
	return err
}
