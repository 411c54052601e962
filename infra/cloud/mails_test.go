package cloud

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"convoc/infra/wiring"
)

// welcome is what SES says to the topic of its events when it is told to lead them there.
const welcome = "Successfully validated SNS topic for Amazon SES event publishing."

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
		c.become(asked, given.MessageId)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// become publishes what becomes of a mail, out of order and twice: those to revient@… come back, the others arrive.
// Without a configuration set, SES says nothing.
func (c *installation) become(m mailed, id string) {
	if m.ConfigurationSetName == "" {
		return
	}
	what, end := "delivery", arrived(m)
	if strings.HasPrefix(m.Destination.ToAddresses[0], "revient@") {
		what, end = "bounce", back(m)
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
func back(m mailed) map[string]any {
	return map[string]any{
		"bounceType": "Permanent", "bounceSubType": "General", "timestamp": sesTime(time.Now()), "reportingMTA": "dsn; mta.example.com",
		"feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
		"bouncedRecipients": []map[string]string{{
			"emailAddress": m.Destination.ToAddresses[0], "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown",
		}},
	}
}
