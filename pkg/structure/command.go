package structure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
)

// commandsAtOnce is how many containers of command tests run at a time. They
// wait for the engine more than they compute.
const commandsAtOnce = 4

// checkCommands runs the command tests. own is the image's environment.
func checkCommands(ctx context.Context, file File, own environment, runner Runner) ([]Result, error) {
	results := make([]Result, len(file.Commands))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(commandsAtOnce)
	for i, t := range file.Commands {
		g.Go(func() (err error) {
			c := commandCheck{test: t, env: own.with(file.Env).with(t.Env)}
			results[i], err = c.result(ctx, runner, Invocation{Env: c.env.besides(own), Options: file.Run})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// commandCheck is a command test under way.
type commandCheck struct {
	test     CommandTest
	env      environment
	found    problems
	warnings problems
	stage    stage // of the command
}

func (c *commandCheck) result(ctx context.Context, runner Runner, call Invocation) (Result, error) {
	start := time.Now()
	run := c.plain
	if len(c.test.Setup)+len(c.test.Teardown) > 0 {
		run = c.scripted
	}
	if err := run(ctx, runner, call); err != nil && !c.explains(err) {
		return Result{}, fmt.Errorf("command test %q: %w", c.test.Name, err)
	}
	r := verdict(Command, c.test.Name, start, c.found)
	r.Warnings = c.warnings
	r.Stdout, r.Stderr = string(c.stage.stdout.kept), string(c.stage.stderr.kept)
	return r, nil
}

// explains notes the errors of a Runner that are the test's failure.
func (c *commandCheck) explains(err error) bool {
	if timeout, ok := errors.AsType[*TimeoutError](err); ok {
		c.found.add("%v", timeout)
		return true
	}
	if errors.Is(err, engine.ErrCommand) {
		c.found.add("%v (a shell would say 127)", err)
		return true
	}
	return false
}

// plain runs the command as the container's own.
func (c *commandCheck) plain(ctx context.Context, runner Runner, call Invocation) (err error) {
	c.stage.ended = true
	call.Args = c.env.expandAll(append([]string{c.test.Command}, c.test.Args...))
	call.Stdout, call.Stderr = &c.stage.stdout, &c.stage.stderr
	c.stage.code, err = runner.Run(ctx, call)
	if err == nil {
		c.judge()
	}
	return err
}

// scripted runs setup, command and teardown from a shell.
func (c *commandCheck) scripted(ctx context.Context, runner Runner, call Invocation) error {
	s := newScript(c.test, c.env)
	out := s.streams()
	call.Args, call.Stdout, call.Stderr = []string{shell, "-c", s.text()}, &out.stdout, &out.stderr
	code, err := runner.Run(ctx, call)
	out.finish()
	c.stage = out.stage(s.needed)
	switch {
	case errors.Is(err, engine.ErrCommand): // whose text is the whole script
		c.found.add("setup and teardown take a %s in the image, which it does not have", shell)
		return nil
	case err == nil:
		c.judgeStages(s, out, code)
	}
	return err
}
