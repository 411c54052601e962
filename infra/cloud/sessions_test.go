package cloud

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"convoc/infra/referee"
	"convoc/infra/wiring"
)

// The third wall stands here too: moto gives sessions of roles, and the recorders refuse, as IAM would, what the policies
// of stack/testdata/functions.json do not let a session reach.

// session is what a function took a role for. The zero session: a function's own rights.
type session struct{ function, collectivity string }

// key is a session's access key. The S3 server knows no tokens: a session is told by its key, which that server checks.
func (c *installation) key(s session) string { return c.name + "." + s.function + "." + s.collectivity }

// roleOf is the role that a function takes for one collectivité.
func (c *installation) roleOf(function string) string {
	return "arn:aws:iam::123456789012:role/" + c.name + "-" + function + "-collectivity"
}

var (
	siren = regexp.MustCompile(`^[0-9]{9}$`)
	given = regexp.MustCompile(`<(AccessKeyId|SecretAccessKey|SessionToken)>[^<]*<`)
	scope = regexp.MustCompile(`Credential=([^/]+)/`)
)

// assume answers for STS what moto answers, with the keys that the other referees know. The trust policy is held here:
// its own role, and one tag, which is a SIREN.
func (c *installation) assume(w http.ResponseWriter, r *http.Request, function string, body []byte, service http.Handler) {
	if r.Method == http.MethodGet {
		return // the connection that is opened at start
	}
	asked, err := url.ParseQuery(string(body))
	collectivity := asked.Get("Tags.member.1.Value")
	trusted := err == nil && asked.Get("Action") == "AssumeRole" && asked.Get("RoleArn") == c.roleOf(function) &&
		asked.Get("Tags.member.1.Key") == "collectivity" && !asked.Has("Tags.member.2.Key") && siren.MatchString(collectivity)
	if !trusted {
		c.calls.unknown(function, "sts: "+asked.Get("Action")+" of "+asked.Get("RoleArn"))
		http.Error(w, "", http.StatusForbidden)
		return
	}
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	keys := map[string]string{"AccessKeyId": c.open(session{function, collectivity}), "SecretAccessKey": keySecret}
	said := given.ReplaceAllStringFunc(answer.Body.String(), func(field string) string {
		name := given.FindStringSubmatch(field)[1]
		return "<" + name + ">" + keys[name] + "<"
	})
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	_, _ = io.WriteString(w, said)
}

// open makes the S3 server know a session's key, and gives it.
func (c *installation) open(s session) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.key(s)
	if _, known := c.sessions[key]; known {
		return key
	}
	c.sessions[key] = s
	made, err := exec.Command(referee.Need(c.t, "versitygw"), "admin", "--access", keyID, "--secret", keySecret, "--region", region, "--endpoint-url", c.s3,
		"create-user", "--access", key, "--secret", keySecret, "--role", "admin").CombinedOutput()
	if err != nil {
		c.t.Errorf("a session of %s: %v\n%s", s.function, err, made)
	}
	return key
}

// foreign tells why IAM would refuse a call: nil where it would not. A browser's call is the signer's.
func (c *installation) foreign(service, function string, r *http.Request, body []byte) error {
	key := formField(r, body, "X-Amz-Credential")
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		key = m[1]
	}
	key, _, _ = strings.Cut(cmp.Or(key, r.URL.Query().Get("X-Amz-Credential")), "/")
	c.mu.Lock()
	who, known := c.sessions[key]
	c.mu.Unlock()
	if key != "" && key != keyID && !known || known && function != "" && who.function != function {
		return errors.New("a session that nobody was given")
	}
	switch service {
	case "dynamodb":
		return c.foreignItems(who, r, body)
	case "s3":
		return c.foreignFile(who, r, body)
	}
	if known {
		return errors.New("a session of one collectivité asks for what is nobody's")
	}
	return nil
}

func (c *installation) foreignItems(who session, r *http.Request, body []byte) error {
	if r.Method == http.MethodGet {
		return nil // the connection that is opened at start
	}
	for table, partitions := range partitionsOf(body) {
		data := c.resource(table) == wiring.Data
		if data != (who != session{}) {
			return fmt.Errorf("a call to %s in the session of %q", c.resource(table), who.collectivity)
		}
		for _, p := range partitions {
			if data && !strings.HasPrefix(p, who.collectivity+"#") {
				owner, _, _ := strings.Cut(p, "#")
				return fmt.Errorf("an item of %s in the session of %s", owner, who.collectivity)
			}
		}
	}
	return nil
}

// partitionsOf are the partition keys that a call names, by table. Where it names none that is one too: it reaches all.
func partitionsOf(body []byte) map[string][]string {
	type attributes map[string]struct{ S string }
	type one struct {
		TableName                           string
		Key, Item                           attributes
		KeyConditionExpression              string
		ExpressionAttributeNames            map[string]string
		ExpressionAttributeValues           attributes
		Put, Update, Delete, ConditionCheck json.RawMessage
	}
	var call struct {
		one
		TransactItems []map[string]one
		RequestItems  map[string][]map[string]one
	}
	if err := json.Unmarshal(body, &call); err != nil {
		return map[string][]string{"unread-data": {""}}
	}
	all := map[string][]string{}
	add := func(table string, o one) {
		p := cmp.Or(o.Key["pk"].S, o.Item["pk"].S)
		for place, name := range o.ExpressionAttributeNames {
			if m := regexp.MustCompile(regexp.QuoteMeta(place) + ` = (:\w+)`).FindStringSubmatch(o.KeyConditionExpression); name == "pk" && m != nil {
				p = o.ExpressionAttributeValues[m[1]].S
			}
		}
		all[table] = append(all[table], p)
	}
	if call.TableName != "" {
		add(call.TableName, call.one)
	}
	for _, item := range call.TransactItems {
		for _, part := range item {
			add(part.TableName, part)
		}
	}
	for table, writes := range call.RequestItems {
		for _, write := range writes {
			for _, part := range write {
				add(table, part)
			}
		}
	}
	return all
}

func (c *installation) foreignFile(who session, r *http.Request, body []byte) error {
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+c.bucket()), "/")
	if key == "" {
		key = formField(r, body, "key")
	}
	own := r.URL.Query().Has("tagging")
	switch {
	case own && who != (session{}):
		return errors.New("a scan in a session of one collectivité")
	case !own && (who == session{} || !strings.HasPrefix(key, who.collectivity+"/")):
		return fmt.Errorf("%s of %q in the session of %q", r.Method, key, who.collectivity)
	}
	return nil
}

// formField reads one field of an upload form.
func formField(r *http.Request, body []byte, name string) string {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return ""
	}
	again := &http.Request{Method: r.Method, Header: r.Header, Body: io.NopCloser(strings.NewReader(string(body)))}
	if err := again.ParseMultipartForm(1 << 20); err != nil {
		return ""
	}
	for field, values := range again.MultipartForm.Value {
		if strings.EqualFold(field, name) {
			return values[0]
		}
	}
	return ""
}

// refuse answers like IAM, and fails the test at its end.
func (c *installation) refuse(w http.ResponseWriter, service, function string, why error) {
	c.calls.unknown(function, "wall: "+why.Error())
	if service == "dynamodb" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}`)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, `<Error><Code>AccessDenied</Code></Error>`)
}

// What stands for IAM here refuses what IAM would: else the stories would prove nothing of the third wall.
func TestSessionIsHeldToItsCollectivity(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer backend.Close()
	c := &installation{t: t, name: "convoc-0", calls: newCalls(), asked: map[string]bool{}, sessions: map[string]session{"a": {"f", "100000009"}}}
	item := func(table, partition string) string {
		return fmt.Sprintf(`{"TableName":"convoc-0-%s","Key":{"pk":{"S":"%s"},"sk":{"S":"x"}}}`, table, partition)
	}
	query := `{"TableName":"convoc-0-data","KeyConditionExpression":"#0 = :0","ExpressionAttributeNames":{"#0":"pk"},"ExpressionAttributeValues":{":0":{"S":"%s"}}}`
	both := `{"TransactItems":[{"Put":{"TableName":"convoc-0-data","Item":{"pk":{"S":"100000009#x"}}}},{"Delete":%s}]}`
	batch := `{"RequestItems":{"convoc-0-data":[{"DeleteRequest":{"Key":{"pk":{"S":"%s"}}}}]}}`
	for name, call := range map[string]struct {
		service, method, path, key, body string
		allowed                          bool
	}{
		"its own item":                      {"dynamodb", "POST", "/", "a", item("data", "100000009#directory"), true},
		"its own partition":                 {"dynamodb", "POST", "/", "a", fmt.Sprintf(query, "100000009#journal"), true},
		"its own transaction":               {"dynamodb", "POST", "/", "a", fmt.Sprintf(both, item("data", "100000009#y")), true},
		"its own batch":                     {"dynamodb", "POST", "/", "a", fmt.Sprintf(batch, "100000009#y"), true},
		"another's item":                    {"dynamodb", "POST", "/", "a", item("data", "200000008#directory"), false},
		"another's partition":               {"dynamodb", "POST", "/", "a", fmt.Sprintf(query, "200000008#journal"), false},
		"another's item in a transaction":   {"dynamodb", "POST", "/", "a", fmt.Sprintf(both, item("data", "200000008#y")), false},
		"another's item in a batch":         {"dynamodb", "POST", "/", "a", fmt.Sprintf(batch, "200000008#y"), false},
		"a neighbour that begins alike":     {"dynamodb", "POST", "/", "a", item("data", "1000000090#x"), false},
		"the whole table":                   {"dynamodb", "POST", "/", "a", `{"TableName":"convoc-0-data"}`, false},
		"the data in no session":            {"dynamodb", "POST", "/", "", item("data", "100000009#directory"), false},
		"the accounts in no session":        {"dynamodb", "POST", "/", "", item("accounts", "user#a"), true},
		"the accounts in a session":         {"dynamodb", "POST", "/", "a", item("accounts", "user#a"), false},
		"a session that nobody was given":   {"dynamodb", "POST", "/", "b", item("data", "100000009#x"), false},
		"its own document":                  {"s3", "GET", "/convoc-0-files/100000009/a", "a", "", true},
		"another's document":                {"s3", "GET", "/convoc-0-files/200000008/a", "a", "", false},
		"another's document, to be deleted": {"s3", "DELETE", "/convoc-0-files/200000008/a", "a", "", false},
		"a document in no session":          {"s3", "GET", "/convoc-0-files/100000009/a", "", "", false},
		"an address, signed for its own":    {"s3", "GET", "/convoc-0-files/100000009/a?X-Amz-Credential=a%2F20261201", "", "", true},
		"an address, signed for another's":  {"s3", "GET", "/convoc-0-files/200000008/a?X-Amz-Credential=a%2F20261201", "", "", false},
		"the mark of the antivirus":         {"s3", "GET", "/convoc-0-files/200000008/a?tagging", "", "", true},
	} {
		c.calls.wrong = nil
		recorder := c.recorder(call.service, backend.URL)
		req, err := http.NewRequest(call.method, recorder.URL+call.path, strings.NewReader(call.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		if call.key != "" {
			req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+call.key+"/20261201/eu-west-3")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		recorder.Close()
		walled := slices.ContainsFunc(c.calls.wrong, func(w string) bool { return strings.Contains(w, "wall: ") })
		if (res.StatusCode == http.StatusOK) != call.allowed || walled == call.allowed {
			t.Errorf("%s: got %d, noted %q", name, res.StatusCode, c.calls.wrong)
		}
	}
}
