package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"convoc/infra/referee"
	"convoc/infra/story"
	"convoc/infra/wiring"
	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table/dynamotable"
	"convoc/static"
)

// What the referees want.
const (
	region    = "eu-west-3"
	keyID     = "test"
	keySecret = "test-secret"
	mailFrom  = "exemple.fr" // the verified domain

	demoLogin, demoPassword = "secretaire", "essai-de-la-convocation"
)

// services are the referees, which several installations share.
type services struct {
	dynamo, s3, moto string // addresses
	files            string // directory of the S3 server: data/<bucket>/<key>
}

func start(t testing.TB) services {
	s3, dir := referee.StartIn(t, "versitygw")
	s := services{dynamo: referee.Start(t, "dynoxide"), moto: referee.Start(t, "moto"), s3: s3, files: filepath.Join(dir, "data")}
	verifyDomain(t, s)
	return s
}

// configuration of a client of ours: what the deployment and an operator do.
func configuration(endpoint string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(keyID, keySecret, ""),
	}
}

// installation is one deployment.
type installation struct {
	services
	t      testing.TB
	name   string // begins the name of everything it has
	secret string // of the distribution in front
	deaf   string // the function whose bells nobody hears
	slow   bool   // GuardDuty has not looked yet when it is first asked about
	calls  *calls
	ses    *sesAccount

	pages, documents *httptest.Server
	sessions         map[string]session          // by access key
	recorders        map[string]*httptest.Server // by service, as AWS_ENDPOINT_URL_… names it
	queues           map[string]string           // function → URL of its queue
	accounts         *account.Service
	invitation       string
	log              *os.File

	mu        sync.Mutex
	instances map[string]*instance
	asked     map[string]bool // files about which GuardDuty was asked
	workers   sync.WaitGroup
	cancel    context.CancelFunc
}

var serial atomic.Int64

// deploy makes what the stack makes, and starts nothing.
func deploy(t testing.TB, s services, seen *calls, dir string) *installation {
	c := &installation{
		services: s, t: t, name: fmt.Sprintf("convoc-%d", serial.Add(1)), secret: "the secret of the distribution", calls: seen,
		instances: map[string]*instance{}, queues: map[string]string{}, asked: map[string]bool{}, recorders: map[string]*httptest.Server{},
		sessions: map[string]session{}, ses: &sesAccount{suppressed: map[string]bool{blocked: true}},
	}
	for service, target := range map[string]string{"dynamodb": s.dynamo, "s3": s.s3, "sqs": s.moto, "sesv2": s.moto, "sts": s.moto} {
		c.recorders[service] = c.recorder(service, target)
	}
	var err error
	if c.log, err = os.OpenFile(filepath.Join(dir, "journal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		t.Fatal(err)
	}
	front := http.NewServeMux()
	front.Handle("/api/", c.gateway())
	front.Handle("/c/", c.gateway())
	front.Handle("/", http.FileServerFS(static.Files()))
	c.pages = httptest.NewTLSServer(front)
	c.documents = httptest.NewTLSServer(c.filesHost())
	c.makeTables()
	c.makeBucket()
	c.makeQueues()
	c.publish(welcome)
	client := dynamotable.Client(configuration(s.dynamo))
	tables := store.Tables{
		Data: dynamotable.Open(client, c.name+"-data"), Accounts: dynamotable.Open(client, c.name+"-accounts"),
		Agenda: dynamotable.Open(client, c.name+"-agenda"),
	}
	c.accounts = &account.Service{Tables: tables, Now: now, Random: rand.Reader, Cost: account.DefaultCost()}
	t.Cleanup(c.remove)
	return c
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// addresses are those of the stories' people.
var addresses = regexp.MustCompile(`[\w.+-]+@exemple\.fr`)

func (c *installation) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *installation) remove() {
	c.pages.Close()
	c.documents.Close()
	for _, r := range c.recorders {
		r.Close()
	}
	_ = c.log.Close()
	said, err := os.ReadFile(c.log.Name())
	if address := addresses.Find(said); address != nil {
		c.t.Errorf("a function has written %s in its log", address)
	}
	if err == nil && c.t.Failed() {
		c.t.Logf("what the functions wrote:\n%s", said[max(0, len(said)-8<<10):])
	}
}

// Start starts all functions cold, for the demonstration or for the first administrator.
func (c *installation) Start(args []string) (string, error) {
	if err := c.Stop(); err != nil {
		return "", err
	}
	greeting := "Convoc est prêt : " + c.Origin() + "\n"
	if len(args) > 0 && args[0] == "-demo" {
		err := c.accounts.CreateDemo(context.Background(), collectivity.Collectivity{
			ID: collectivity.Test, Name: "Commune de Démonstration", Mail: "secretariat@exemple.fr", Phone: "02 00 00 00 00", TimeZone: "Europe/Paris",
		}, store.User{Login: demoLogin, Name: "Secrétaire de démonstration"}, rights.Administrator, demoPassword)
		if err != nil {
			return "", err
		}
		greeting += "  identifiant : " + demoLogin + "\n"
	} else {
		token, err := c.accounts.Invite(context.Background())
		if err != nil && !errors.Is(err, account.ErrAlreadySetUp) {
			return "", err
		}
		if c.invitation = token; token != "" {
			greeting += "  première connexion : " + c.Origin() + "/bienvenue.html#" + token + "\n"
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	for _, f := range wiring.Functions {
		switch {
		case f.Trigger.Queued():
			c.workers.Go(func() { c.poll(ctx, f) })
		case f.Trigger == wiring.Schedule:
			c.workers.Go(func() { c.tick(ctx, f) })
		}
	}
	return greeting, nil
}

// tick stands for the scheduler, sixty times as fast.
func (c *installation) tick(ctx context.Context, f wiring.Function) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := c.instance(f.Name).invoke(ctx, []byte("{}")); err != nil && ctx.Err() == nil {
				c.t.Errorf("%s: %v", f.Name, err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Stop kills all functions where they are.
func (c *installation) Stop() error {
	if c.cancel != nil {
		c.cancel()
		c.workers.Wait()
		c.cancel = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range c.instances {
		i.stop()
	}
	clear(c.instances)
	return nil
}

// instance gives the running function, started when it is first asked for.
func (c *installation) instance(name string) *instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.instances[name] == nil {
		i, err := launch(wiring.Named(name), bootstrap(c.t, name), c.environment(name), c.log)
		if err != nil {
			panic(err)
		}
		c.instances[name] = i
	}
	return c.instances[name]
}

// environment gives a function the variables that the stack gives it (stack/testdata/functions.json), and no other.
func (c *installation) environment(name string) []string {
	told := deployed(c.t)[name]
	return slices.DeleteFunc(c.everything(name), func(v string) bool {
		variable, _, _ := strings.Cut(v, "=")
		_, given := told[variable]
		return strings.HasPrefix(variable, "CONVOC_") && !given
	})
}

// deployed are the variables of each function, as the stack synthesizes them.
func deployed(t testing.TB) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../stack/testdata/functions.json")
	if err != nil {
		t.Fatal(err)
	}
	var functions map[string]struct {
		Environment map[string]string `json:"environment"`
	}
	if err := json.Unmarshal(raw, &functions); err != nil {
		t.Fatal(err)
	}
	told := map[string]map[string]string{}
	for name, f := range functions {
		told[name] = f.Environment
	}
	return told
}

// everything is what there is to be told.
func (c *installation) everything(name string) []string {
	f := wiring.Named(name)
	env := []string{
		"AWS_REGION=" + region, "AWS_EXECUTION_ENV=" + name, "AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + keySecret,
		"CONVOC_ORIGIN=" + c.Origin(), "CONVOC_FILES_ORIGIN=" + c.documents.URL, "CONVOC_ORIGIN_SECRET=" + c.secret,
		"CONVOC_FROM=" + c.name + "@" + mailFrom, "CONVOC_MAIL_EVENTS=convoc",
		"CONVOC_UNDO=0s",
		"CONVOC_COLLECTIVITY_ROLE=" + c.roleOf(name),
	}
	for service, recorder := range c.recorders {
		env = append(env, "AWS_ENDPOINT_URL_"+strings.ToUpper(service)+"="+recorder.URL)
	}
	for _, table := range wiring.Tables {
		if len(f.May[table]) > 0 {
			env = append(env, "CONVOC_TABLE_"+strings.ToUpper(string(table))+"="+c.name+"-"+string(table))
		}
	}
	if len(f.May[wiring.Store]) > 0 {
		env = append(env, "CONVOC_FILES_BUCKET="+c.bucket())
	}
	for _, rung := range f.Rings {
		env = append(env, "CONVOC_QUEUE_"+strings.ToUpper(strings.ReplaceAll(rung, "-", "_"))+"="+c.queues[rung])
	}
	return env
}

// Origin is the address of the distribution.
func (c *installation) Origin() string { return c.pages.URL }

// Vars holds the first administrator's invitation, and how the demonstration signs in.
func (c *installation) Vars() map[string]string {
	return map[string]string{"INVITATION": c.invitation, "LOGIN": demoLogin, "PASSWORD": demoPassword}
}

// Transport trusts the certificates of both hosts.
func (c *installation) Transport() http.RoundTripper {
	transport := c.pages.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs.AddCert(c.documents.Certificate())
	return transport
}

// The stories of one machine, on the functions as they are deployed.
func TestStoriesAndRights(t *testing.T) {
	s, seen := start(t), newCalls()
	for name := range wiringNames() {
		bootstrap(t, name) // built before the stories begin to wait
	}
	for _, part := range []struct {
		name, stories string
		change        func(*installation)
	}{
		{"stories", "../local/testdata/*.txtar", func(*installation) {}},
		{
			"nobody hears the bells of dispatch, and the antivirus is slow: the agenda brings everything round", "../local/testdata/guide.txtar",
			func(c *installation) { c.deaf, c.slow = "dispatch", true },
		},
		{"the antivirus finds something", infected(t), func(*installation) {}},
		{"mails come back", "testdata/retours.txtar", func(*installation) {}},
		{"mails come back, and the agenda alone brings orders round", "testdata/retours.txtar", func(c *installation) { c.deaf = "dispatch" }},
		{"as many mails have left today as may", "testdata/quota.txtar", func(c *installation) { c.ses.exhausted = true }},
	} {
		t.Run(part.name, func(t *testing.T) {
			story.Run(t, part.stories, func(tb testing.TB, dir string) story.Target {
				c := deploy(tb, s, seen, dir)
				part.change(c)
				return c
			})
		})
	}
	for _, wrong := range seen.wrong {
		t.Errorf("a call that the wiring table has no word for: %s", wrong)
	}
	for _, f := range wiring.Functions {
		compareRights(t, f, seen)
	}
}

func wiringNames() map[string]bool {
	names := map[string]bool{}
	for _, f := range wiring.Functions {
		names[f.Name] = true
	}
	return names
}

// rare are the rights that no story comes to need for certain, each with the moment when it is needed.
var rare = map[string]string{
	"deliver-mail get agenda":         "the mail service works again after this process found it away: mails leave again",
	"dispatch unblock addresses mail": "an address is unblocked, unless the sweeper was first",
	"dispatch delete data":            "a group was emptied between « Envoyer » and the freezing: the order goes",
	"record-upload delete data":       "the event of a document of a reply comes again after the antivirus has answered: it leaves its waiting place",
	"sweep delete data":               "the list is put in order: the convocation leaves its old place, unless an act did it before",
	"sweep delete files":              "the file of a document that was taken away, ninety minutes later",
}

// compareRights holds what a function did against what it may do, both ways.
func compareRights(t *testing.T, f wiring.Function, seen *calls) {
	for _, resource := range append(append([]wiring.Resource{}, wiring.Tables...), wiring.Store, wiring.Mail) {
		may := map[wiring.Call]bool{}
		for _, call := range f.May[resource] {
			may[call] = true
			right := fmt.Sprintf("%s %s %s", f.Name, call, resource)
			if !seen.did[f.Name][resource][call] && rare[right] == "" {
				t.Errorf("%s may %s %s, and never does", f.Name, call, resource)
			}
		}
		for call := range seen.did[f.Name][resource] {
			if !may[call] {
				t.Errorf("%s does %s %s, and may not", f.Name, call, resource)
			}
		}
	}
	for _, rung := range f.Rings {
		if !seen.rang[f.Name][rung] {
			t.Errorf("%s may ring %s, and never does", f.Name, rung)
		}
		delete(seen.rang[f.Name], rung)
	}
	for rung := range seen.rang[f.Name] {
		t.Errorf("%s rings %s, and may not", f.Name, rung)
	}
}
