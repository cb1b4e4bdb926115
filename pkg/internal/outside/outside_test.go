package outside

import (
	"os"
	"testing"
)

func TestSelfIsThisProcess(t *testing.T) {
	t.Setenv(Variable, "7 pid:[1]") // inherited from further up: it is not of this process
	p := Self()
	if p.PID != os.Getpid() || p.Proc != "/proc" || p.Namespace == "" || Second() {
		t.Errorf("this process is %+v", p)
	}
}

func TestParse(t *testing.T) {
	p := Process{PID: 7, Namespace: "pid:[4026531836]", Proc: proc}
	if got, ok := parse(p.String()); !ok || got != p {
		t.Errorf("%q is %+v, %v", p, got, ok)
	}
	for _, text := range []string{"", "7", "x pid:[1]", "-1 pid:[1]", "0 pid:[1]"} {
		if _, ok := parse(text); ok {
			t.Errorf("%q is a process", text)
		}
	}
}
