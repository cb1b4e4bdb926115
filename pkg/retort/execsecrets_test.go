package retort

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// What the command of a gate says goes into records: no secret that is known, or
// that its variable's name tells, stands in it.
func TestExecGateTellsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".env":     "JIRA_TOKEN=t0ken-of-dotenv\n",
		"password": "password-of-file\n",
		"compose.yaml": `
services:
  orders:
    build: { context: ., secrets: [password] }
secrets: { password: { file: password } }
x-retort:
  environments:
    production: { exec: ["/bin/sh", "-c", "echo $$*; exit 1", sh, "${JIRA_TOKEN}", "${GITHUB_PAT}", "${DB}", password-of-file, "${TICKET}"] }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"GITHUB_PAT=pat-of-environment", "DB=postgres://user:pw/of/url@db/x", "TICKET=OPS-7"}
	p := newPipeline(Options{Dir: dir, Env: env})
	var err error
	if p.Project, err = project.Load(t.Context(), project.Options{Dir: dir, Env: env}); err != nil {
		t.Fatal(err)
	}
	gates, err := p.gates(p.Project.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	v, err := gates[len(gates)-1].Ask(t.Context(), promote.Edge{Service: "orders", From: "r/orders@sha256:1"})
	if err != nil || !strings.HasSuffix(v.Reason, ": *** *** postgres://user:***@db/x *** OPS-7") || v.Remedy != "see what /bin/sh asks for" {
		t.Errorf("%+v, %v", v, err)
	}
}
