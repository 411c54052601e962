package cloud

import (
	"flag"
	"net/http"
	"testing"

	"convoc/infra/story"
)

var (
	target   = flag.String("target", "", "origin of a deployment to run the smoke test on: https://convoc.exemple.fr")
	login    = flag.String("login", "", "login of a user there")
	password = flag.String("password", "", "password of that user")
)

// What can be tried on a real deployment without sending a mail; infra/RUNBOOK.md says when. Without -target it is tried
// here, so that it works on the day.
func TestSmoke(t *testing.T) {
	var s services
	if *target == "" {
		s = start(t)
	}
	story.Run(t, "testdata/smoke.txtar", func(tb testing.TB, dir string) story.Target {
		if *target != "" {
			return elsewhere{}
		}
		return deploy(tb, s, newCalls(), dir)
	})
}

// elsewhere is a deployment that we did not make.
type elsewhere struct{}

func (elsewhere) Start([]string) (string, error) { return "", nil }
func (elsewhere) Stop() error                    { return nil }
func (elsewhere) Origin() string                 { return *target }
func (elsewhere) Transport() http.RoundTripper   { return nil }
func (elsewhere) Mails() ([][]byte, error)       { return nil, nil }
func (elsewhere) Vars() map[string]string {
	return map[string]string{"LOGIN": *login, "PASSWORD": *password}
}
