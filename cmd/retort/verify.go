package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/retort"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "show the evidence about a digest, and what the gates say of it",
		ArgsUsage: "SERVICE | REFERENCE",
		Description: `Reads every statement that the registry holds about the digest: what it says,
when and by which build, and which key signed it. Then asks the gates of the
environment, or of all. Moves nothing. Without a project the evidence alone is
shown; with --key something of it must be signed by that key.

   retort verify orders --env production
   retort verify repo/app:1.2 --key cosign.pub

Exit codes: 0 no gate refuses, 2 there is no such digest or the project file is wrong,
4 a gate refuses or nothing is signed by the key, 5 a gate could not tell or the
registry is away.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "env", Usage: "ask the gates of `ENVIRONMENT` alone", EnvVars: []string{"RETORT_ENV"}},
			&cli.StringSliceFlag{Name: "key", Usage: "name signers by the public keys in `FILE` too", EnvVars: []string{"RETORT_VERIFY_KEY"}},
		},
		Action: action(runVerify),
	}
}

func runVerify(ctx context.Context, s *session) error {
	if len(s.args()) != 1 {
		return fault.New(fault.Usage, "retort verify orders, or retort verify repo/app:1.2", "verify takes one service or reference, %d were given", len(s.args()))
	}
	keys, err := publicKeys(s.cli.StringSlice("key"))
	if err != nil {
		return err
	}
	p, done, err := s.verifier(ctx, s.args()[0])
	if err != nil {
		return err
	}
	defer done()
	v, err := p.Verify(ctx, retort.VerifyOptions{Ref: s.args()[0], Env: s.cli.String("env"), Keys: keys})
	if v.Ref == "" {
		return err
	}
	told := s.result(verifyDoc(v), func(w *strings.Builder) { verification(w, v) })
	if err := errors.Join(err, told); err != nil {
		return err
	}
	return v.Err()
}

// verifier is the project, or without one what reads plain references.
func (s *session) verifier(ctx context.Context, ref string) (*retort.Pipeline, func(), error) {
	p, done, err := s.project(ctx, s.options())
	if errors.Is(err, project.ErrNone) && strings.ContainsAny(ref, "@/:") && s.cli.String("env") == "" {
		p = retort.OpenPlain(s.options())
		return p, func() { _ = p.Close() }, nil
	}
	return p, done, err
}

func publicKeys(files []string) (bundle.Keys, error) {
	var keys bundle.Keys
	for _, file := range files {
		pem, err := readKey(file)
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("--key: %w", err), "name a file with a public key")
		}
		some, err := bundle.ParseKeys(file, pem)
		if err != nil {
			return nil, fmt.Errorf("--key: %w", err)
		}
		keys = append(keys, some...)
	}
	return keys, nil
}

// verification is what people read: the evidence, and below it the gates.
func verification(w *strings.Builder, v retort.Verification) {
	rows := make([][]string, len(v.Evidence))
	for i, e := range v.Evidence {
		when := "-"
		if !e.Time.IsZero() {
			when = e.Time.Local().Format(time.DateTime)
		}
		rows[i] = []string{orDash(e.Type), orDash(e.Of), orDash(e.Verdict), when, orDash(e.Build), signature(e)}
	}
	fmt.Fprintln(w, v.Ref)
	_ = ui.Table(w, []string{"EVIDENCE", "OF", "VERDICT", "TIME", "BUILD", "SIGNED BY"}, rows)
	if len(v.Asked) == 0 {
		return
	}
	rows = make([][]string, len(v.Asked))
	for i, a := range v.Asked {
		verdict := "allows"
		if !a.Allowed {
			verdict = "refuses"
		}
		rows[i] = []string{a.Environment, a.Service, a.Gate, verdict, a.Reason}
	}
	fmt.Fprintln(w)
	_ = ui.Table(w, []string{"ENVIRONMENT", "SERVICE", "GATE", "VERDICT", "REASON"}, rows)
}

// signature says who signed, and otherwise why nobody knows.
func signature(e retort.Evidence) string {
	switch {
	case e.Broken:
		return "broken: " + e.Problem
	case e.SignedBy != "":
		return e.SignedBy
	case !e.Signed:
		return "not signed"
	}
	return e.Problem
}
