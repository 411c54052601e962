package cloud

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"convoc/infra/wiring"
)

// welcome is what SES says to the topic of its events when it is told to lead them there.
const welcome = "Successfully validated SNS topic for Amazon SES event publishing."

// blocked is an address to which SES does not write from the beginning: mails of others to it came back.
const blocked = "bloque@exemple.fr"

// sesAccount is what SES keeps for one account. Moto, which takes the mails, keeps neither: it is told here in the words of
// the API reference (GetAccount, DeleteSuppressedDestination).
type sesAccount struct {
	mu         sync.Mutex
	sent       int
	suppressed map[string]bool // addresses to which it does not write
	exhausted  bool            // as many have left today as may
}

// mail answers for SES, and notes what was asked.
func (c *installation) mail(w http.ResponseWriter, r *http.Request, function string, body []byte, service http.Handler) {
	address, one := strings.CutPrefix(r.URL.Path, "/v2/email/suppression/addresses/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v2/email/outbound-emails":
		c.calls.note(function, wiring.Mail, wiring.Send)
		if c.ses.exhausted {
			w.Header().Set("X-Amzn-ErrorType", "ThrottlingException")
			say(w, http.StatusBadRequest, map[string]any{"message": "Daily message quota exceeded."})
			return
		}
		c.send(w, r, body, service)
	case r.Method == http.MethodGet && r.URL.Path == "/v2/email/account":
		c.calls.note(function, wiring.Mail, wiring.Allowance)
		say(w, http.StatusOK, c.ses.told())
	case r.Method == http.MethodDelete && one:
		c.calls.note(function, wiring.Mail, wiring.Unblock)
		if !c.ses.unlist(address) {
			w.Header().Set("X-Amzn-ErrorType", "NotFoundException")
			say(w, http.StatusNotFound, map[string]any{"message": "Email address does not exist on your suppression list."})
			return
		}
		say(w, http.StatusOK, map[string]any{})
	default:
		c.calls.unknown(function, r.Method+" "+r.URL.Path)
		service.ServeHTTP(w, r)
	}
}

func say(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// told is what GetAccount says of an account out of the sandbox, with the rate that such a one begins with.
func (a *sesAccount) told() map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return map[string]any{
		"DedicatedIpAutoWarmupEnabled": false, "EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": true, "SendingEnabled": true,
		"SendQuota":             map[string]any{"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": float64(a.sent)},
		"SuppressionAttributes": map[string]any{"SuppressedReasons": []string{"BOUNCE", "COMPLAINT"}},
	}
}

// unlist tells whether an address was on the list of those to which the account does not write. It is no longer.
func (a *sesAccount) unlist(address string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.suppressed[address]
	delete(a.suppressed, address)
	return was
}

// take counts a mail, and tells whether it stays here because of its address.
func (a *sesAccount) take(address string) (stays bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent++
	return a.suppressed[address]
}

// mailed is what SES was asked to send.
type mailed struct {
	ConfigurationSetName, FromEmailAddress string
	Destination                            struct{ ToAddresses []string }
	EmailTags                              []struct{ Name, Value string }
}

// send hands a mail to the service, and says what becomes of it before the service has answered, as may happen.
func (c *installation) send(w http.ResponseWriter, r *http.Request, body []byte, service http.Handler) {
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	var asked mailed
	var given struct{ MessageId string }
	if answer.Code == http.StatusOK && json.Unmarshal(body, &asked) == nil && json.Unmarshal(answer.Body.Bytes(), &given) == nil {
		c.become(asked, given.MessageId, c.ses.take(asked.Destination.ToAddresses[0]))
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// become publishes what becomes of a mail, out of order and twice: those to revient@… come back, those that SES keeps for
// itself too, the others arrive. Without a configuration set, SES says nothing.
func (c *installation) become(m mailed, id string, stays bool) {
	if m.ConfigurationSetName == "" {
		return
	}
	what, end := "delivery", arrived(m)
	switch {
	case stays:
		what, end = "bounce", back(m, "OnAccountSuppressionList", "Amazon SES did not send the message to this address because it is on the suppression list for your account.")
	case strings.HasPrefix(m.Destination.ToAddresses[0], "revient@"):
		what, end = "bounce", back(m, "General", "smtp; 550 5.1.1 user unknown")
	}
	about := mailObject(m, id)
	last := map[string]any{"eventType": strings.ToUpper(what[:1]) + what[1:], "mail": about, what: end}
	for _, event := range []map[string]any{last, {"eventType": "Send", "mail": about, "send": map[string]any{}}, last} {
		raw, err := json.Marshal(event)
		if err != nil {
			c.t.Error(err)
		}
		c.publish(string(raw))
	}
}

// publish is the topic and its subscriptions: each function that waits for mail events gets them raw.
func (c *installation) publish(event string) {
	for _, f := range wiring.Functions {
		if f.Trigger == wiring.Mails {
			c.enqueue(f.Name, event)
		}
	}
}

// sesTime is how SES writes a time.
func sesTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// mailObject is what every event says of its mail (Developer Guide, « Mail object »).
func mailObject(m mailed, id string) map[string]any {
	tags := map[string][]string{
		"ses:configuration-set": {m.ConfigurationSetName}, "ses:from-domain": {mailFrom}, "ses:operation": {"SendEmail"},
		"ses:source-ip": {"192.0.2.0"}, "ses:caller-identity": {"deliver-mail"},
	}
	for _, t := range m.EmailTags {
		tags[t.Name] = append(tags[t.Name], t.Value)
	}
	return map[string]any{
		"timestamp": sesTime(time.Now()), "source": m.FromEmailAddress, "sendingAccountId": "123456789012", "messageId": id,
		"sourceArn": "arn:aws:ses:" + region + ":123456789012:identity/" + mailFrom, "destination": m.Destination.ToAddresses,
		"headersTruncated": false, "headers": []map[string]string{{"name": "To", "value": m.Destination.ToAddresses[0]}},
		"commonHeaders": map[string]any{"to": m.Destination.ToAddresses, "messageId": id}, "tags": tags,
	}
}

// arrived is what a « Delivery » event says besides.
func arrived(m mailed) map[string]any {
	return map[string]any{
		"timestamp": sesTime(time.Now()), "processingTimeMillis": 546, "recipients": m.Destination.ToAddresses,
		"smtpResponse": "250 2.6.0 Message received", "remoteMtaIp": "192.0.2.1", "reportingMTA": "mta.example.com",
	}
}

// back is what a « Bounce » event says besides.
func back(m mailed, kind, words string) map[string]any {
	return map[string]any{
		"bounceType": "Permanent", "bounceSubType": kind, "timestamp": sesTime(time.Now()), "reportingMTA": "dsn; mta.example.com",
		"feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
		"bouncedRecipients": []map[string]string{{
			"emailAddress": m.Destination.ToAddresses[0], "action": "failed", "status": "5.1.1", "diagnosticCode": words,
		}},
	}
}
