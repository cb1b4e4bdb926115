package registry

import (
	"strings"
	"testing"
	"time"
)

func TestParseRecordTag(t *testing.T) {
	const suffix = ".20261123T010203.123456789Z.0a1b2c3d"
	for tag, env := range map[string]string{
		"retort.production" + suffix:                            "production",
		"retort.production.eu" + suffix:                         "production.eu",
		"retort.prod" + suffix + suffix:                         "prod" + suffix,
		"retort.retort" + suffix:                                "retort",
		"retort." + strings.Repeat("e", maxEnvTag) + suffix:     strings.Repeat("e", maxEnvTag),
		"retort.production":                                     "",
		"retort" + suffix:                                       "",
		"retort." + suffix:                                      "",
		"retort.production" + strings.ToUpper(suffix):           "",
		"retort.production.20261123T010203.123456789.0a1b2c3d":  "",
		"retort.production.20261323T010203.123456789Z.0a1b2c3d": "",
		"retort.production.20261123T010203.123456789Z.0a1b2c3":  "",
		"retort.production-20261123T010203.123456789Z.0a1b2c3d": "",
		"retort.production.20261123T010203,123456789Z.0a1b2c3d": "",
		"retort.a/b" + suffix:                                   "",
		"retort." + strings.Repeat("e", maxEnvTag+1) + suffix:   "",
		"git-0123456789":                                        "",
	} {
		got, ok := parseRecordTag(tag)
		if ok != (env != "") || ok && got.env != env {
			t.Errorf("%s: %+v, %v", tag, got, ok)
		}
	}
}

func TestRecordTagsSortByTime(t *testing.T) {
	at := time.Date(2026, 11, 23, 23, 59, 59, 999999999, time.FixedZone("east", 3600))
	before, after := newRecordTag("production", at), newRecordTag("production", at.Add(1))
	if before.String() >= after.String() || before.compare(after) >= 0 {
		t.Errorf("%s is not before %s", before, after)
	}
	if got, ok := parseRecordTag(before.String()); !ok || got != before {
		t.Errorf("%+v came back as %+v", before, got)
	}
	if again := newRecordTag("production", at); again == before {
		t.Error("two records have one tag")
	}
}

func FuzzParseRecordTag(f *testing.F) {
	f.Add("retort.production.20261123T010203.123456789Z.0a1b2c3d")
	f.Add("retort.a.b-c_d.20261123T010203.123456789Z.00000000")
	f.Add("retort..20261123T010203.123456789Z.00000000")
	f.Add("latest")
	f.Fuzz(func(t *testing.T, tag string) {
		parsed, ok := parseRecordTag(tag)
		if !ok {
			return
		}
		if parsed.String() != tag || !isTag(tag, maxTag) {
			t.Errorf("%q was taken for %+v", tag, parsed)
		}
	})
}

// Every environment's name gives a tag that is read back as that environment's.
func FuzzRecordTagOfAnyEnvironment(f *testing.F) {
	for _, env := range []string{"production", "feature/x", "", "ünïcode", "-", strings.Repeat("x", 300), "a.20261123T010203.123456789Z.00000000"} {
		f.Add(env)
	}
	f.Fuzz(func(t *testing.T, env string) {
		tag := newRecordTag(env, time.Unix(0, 0))
		got, ok := parseRecordTag(tag.String())
		if !ok || got.env != envTag(env) {
			t.Errorf("environment %q: %q is read as %+v, %v", env, tag, got, ok)
		}
	})
}
