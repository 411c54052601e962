package config

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/collectivity"
)

const (
	one   collectivity.ID = "100000009"
	other collectivity.ID = "200000008"
)

// authority is STS: it gives sessions that live a while, and keeps what was asked.
type authority struct {
	mu    sync.Mutex
	asked []url.Values
	lives time.Duration
	fails bool
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := r.ParseForm(); err != nil || a.fails {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`)
		return
	}
	a.asked = append(a.asked, r.PostForm)
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
		`<AccessKeyId>key-%d</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>of %s</SessionToken><Expiration>%s</Expiration>`+
		`</Credentials></AssumeRoleResult></AssumeRoleResponse>`, len(a.asked), r.PostForm.Get("Tags.member.1.Value"),
		time.Now().Add(a.lives).UTC().Format(time.RFC3339))
}

func within(t *testing.T, a *authority, role string) *Environment {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	env := map[string]string{
		"AWS_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "the function's",
		"AWS_ENDPOINT_URL_STS": server.URL, "CONVOC_COLLECTIVITY_ROLE": role,
	}
	return Read(func(name string) string { return env[name] })
}

// token is the session in which a call to a service would be made.
func token(t *testing.T, e *Environment, id collectivity.ID, service string) string {
	t.Helper()
	c, err := e.AWSOf(id, service).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.SessionToken
}

func TestSessionIsOfOneCollectivityAndTakenOnce(t *testing.T) {
	a := &authority{lives: time.Hour}
	e := within(t, a, "arn:aws:iam::123456789012:role/convoc-f-collectivity")
	for range 3 {
		for _, id := range []collectivity.ID{one, other} {
			for _, service := range []string{"dynamodb", "s3"} {
				if got, want := token(t, e, id, service), "of "+string(id); got != want {
					t.Errorf("%s for %s: in the session %q", service, id, got)
				}
			}
		}
	}
	want := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::123456789012:role/convoc-f-collectivity"},
		"RoleSessionName": {string(one)}, "DurationSeconds": {"3600"},
		"Tags.member.1.Key": {"collectivity"}, "Tags.member.1.Value": {string(one)},
	}
	if len(a.asked) != 2 {
		t.Fatalf("asked %d times for two collectivités", len(a.asked))
	}
	if diff := cmp.Diff(want, a.asked[0]); diff != "" {
		t.Errorf("(-want +asked)\n%s", diff)
	}
}

// What is signed ends with its session: an élu's form must live for a while.
func TestSessionThatEndsSoonSignsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		lives time.Duration
		asked int
	}{
		"forty-one minutes are enough": {41 * time.Minute, 1},
		"thirty-nine are not":          {39 * time.Minute, 2},
	} {
		a := &authority{lives: c.lives}
		e := within(t, a, "arn:aws:iam::123456789012:role/r")
		token(t, e, one, "s3")
		token(t, e, one, "s3")
		if len(a.asked) != c.asked {
			t.Errorf("%s: asked %d times, want %d", name, len(a.asked), c.asked)
		}
	}
}

func TestWithoutARoleRightsAreTheFunctionsOwn(t *testing.T) {
	a := &authority{}
	if got := token(t, within(t, a, "none"), one, "dynamodb"); got != "the function's" || len(a.asked) > 0 {
		t.Errorf("in the session %q, asked %d times", got, len(a.asked))
	}
}

// Nobody falls back on rights of its own: where no session is given, nothing is reached.
func TestWithoutASessionNothingIsReached(t *testing.T) {
	e := within(t, &authority{fails: true}, "arn:aws:iam::123456789012:role/r")
	if c, err := e.AWSOf(one, "dynamodb").Credentials.Retrieve(t.Context()); err == nil {
		t.Errorf("in the session %q", c.SessionToken)
	}
}

// The services lead a mere GET elsewhere: nobody goes there.
func TestConnectionsThatAreOpenedAtStart(t *testing.T) {
	var asked []string
	var mu sync.Mutex
	for role, want := range map[string][]string{"none": {"dynamodb"}, "arn:aws:iam::123456789012:role/r": {"dynamodb", "sts"}} {
		asked = nil
		mux := http.NewServeMux()
		mux.HandleFunc("GET /{service}/", func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, r.PathValue("service"))
			http.Redirect(w, r, "/elsewhere/", http.StatusFound)
		})
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		env := map[string]string{
			"AWS_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "x", "CONVOC_COLLECTIVITY_ROLE": role,
			"CONVOC_TABLE_DATA": "data", "AWS_ENDPOINT_URL_DYNAMODB": server.URL + "/dynamodb", "AWS_ENDPOINT_URL_STS": server.URL + "/sts",
		}
		Read(func(name string) string { return env[name] }).Tables(Data)
		slices.Sort(asked)
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("%s: (-want +asked)\n%s", role, diff)
		}
	}
}

func TestMissingRoleIsTold(t *testing.T) {
	e := Read(func(string) string { return "" })
	e.Tables(Data)
	if err := e.Err(); err == nil || !cmp.Equal(e.missing[len(e.missing)-1], "CONVOC_COLLECTIVITY_ROLE") {
		t.Errorf("got %v", err)
	}
}

// Whoever guesses links names collectivités without end: no memory is spent on them without end.
func TestOnlySoManyAreRemembered(t *testing.T) {
	opened := 0
	each := Each(func(collectivity.ID) int { opened++; return opened })
	for n := range 3 * kept {
		each(collectivity.ID(fmt.Sprint(n)))
	}
	last := each(collectivity.ID(fmt.Sprint(3*kept - 1)))
	if opened != 3*kept || last != opened {
		t.Errorf("opened %d, the last is %d", opened, last)
	}
	if again := each("0"); again != opened || opened != 3*kept+1 {
		t.Errorf("the first is still remembered: %d", again)
	}
}
