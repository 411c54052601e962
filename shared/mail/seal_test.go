package mail

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	seal    = Seal("0123456789abcdef0123456789abcdef")
	named   = Tags{Collectivity: "217500016", Convocation: "cnv_abcdefghijklmnop", Recipient: "rcp_qrstuvwxyz234567", Attempt: 3}
	noticed = Tags{Collectivity: "217500016", Convocation: "cnv_abcdefghijklmnop", Recipient: "rcp_qrstuvwxyz234567", Notice: "ntc_abcdefghijklmnop", Attempt: 12}
)

const sender = "convocations@saint-aubin.fr"

func TestANameIsAsLastReviewed(t *testing.T) {
	for _, c := range []struct {
		name string
		seal Seal
		tags Tags
		want string
	}{
		{"a convocation", seal, named, "217500016.cnv_abcdefghijklmnop.rcp_qrstuvwxyz234567.3.1796115907.mqx3ikfky4weqypy@saint-aubin.fr"},
		{"a notice", seal, noticed, "217500016.cnv_abcdefghijklmnop.rcp_qrstuvwxyz234567.ntc_abcdefghijklmnop.12.1796115907.el2znzfamdryivf3@saint-aubin.fr"},
		{"where the service names mails", nil, named, "217500016.cnv_abcdefghijklmnop.rcp_qrstuvwxyz234567.3.1796115907@saint-aubin.fr"},
	} {
		if got := c.seal.MessageID(c.tags, at, sender); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// atoms are what stands before the @ of a name (RFC 5322, 3.2.3: dot-atom), and the line of the header may not be folded.
var atoms = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@[a-z0-9.-]+$`)

func TestANameIsOneOfRFC5322(t *testing.T) {
	wide := Tags{Attempt: 999_999_999}
	for _, part := range []*string{&wide.Collectivity, &wide.Convocation, &wide.Recipient, &wide.Notice} {
		*part = strings.Repeat("a", 64)
	}
	for _, tags := range []Tags{named, noticed, wide} {
		m := letter
		m.MessageID = seal.MessageID(tags, at, sender)
		_, raw := compose(t, m)
		travels(t, raw)
		if !atoms.MatchString(m.MessageID) {
			t.Errorf("%s is none", m.MessageID)
		}
		if got, when, ok := seal.Find(string(raw)); got != tags || !when.Equal(at) || !ok {
			t.Errorf("read back as %+v of %s, %v", got, when, ok)
		}
	}
}

// What is changed in a name, or made without the secret, names nothing.
func TestOnlyWhoHoldsTheMailKnowsItsName(t *testing.T) {
	id := seal.MessageID(named, at, sender)
	changed := func(old, now string) string { return strings.Replace(id, old, now, 1) }
	mark := strings.Split(strings.Split(id, "@")[0], ".")[5]
	for name, text := range map[string]string{
		"nothing":                      "",
		"another collectivité":         changed("217500016", "217500017"),
		"another convocation":          changed("cnv_a", "cnv_b"),
		"another recipient":            changed("rcp_q", "rcp_r"),
		"another attempt":              changed(".3.", ".4."),
		"another time":                 changed("1796115907", "1796115908"),
		"a notice put in":              changed(".3.", ".ntc_abcdefghijklmnop.3."),
		"another mark":                 changed(mark, "aaaaaaaaaaaaaaaa"),
		"a mark cut short":             changed(mark, mark[:15]),
		"no mark":                      changed("."+mark, ""),
		"in capitals":                  strings.ToUpper(id),
		"of another installation":      Seal("another").MessageID(named, at, sender),
		"of none":                      Seal(nil).MessageID(named, at, sender),
		"an attempt beyond":            changed(".3.", ".999999999999.3."),
		"a time beyond":                changed("1796115907", "999999999999999999999"),
		"two mails":                    id + " " + seal.MessageID(noticed, at, sender),
		"two attempts":                 id + "\n" + seal.MessageID(Tags{named.Collectivity, named.Convocation, named.Recipient, "", 4}, at, sender),
		"behind more names than it is": strings.Repeat(changed(mark, "aaaaaaaaaaaaaaaa")+" ", maxNames) + id,
	} {
		if got, when, ok := seal.Find(text); ok || got != (Tags{}) || !when.IsZero() {
			t.Errorf("%s: names %+v of %s", name, got, when)
		}
	}
	if _, _, ok := Seal(nil).Find(Seal(nil).MessageID(named, at, sender)); ok {
		t.Error("without a secret a name is believed")
	}
	empty := Seal(nil).mark(named, at.Unix())
	if _, _, ok := Seal(nil).Find(fmt.Sprint(strings.TrimSuffix(Seal(nil).MessageID(named, at, sender), "@saint-aubin.fr"), ".", empty, "@x.fr")); ok {
		t.Error("a mark of no secret is believed")
	}
	if got, _, ok := seal.Find("<" + id + ">\r\n\t<autre@x.fr> " + id); !ok || got != named {
		t.Errorf("named twice: %+v, %v", got, ok)
	}
}

// A name that is found is one that was given.
func FuzzFind(f *testing.F) {
	f.Add(seal.MessageID(named, at, sender))
	f.Add("<" + seal.MessageID(noticed, at, sender) + ">, <a.b.c.1.2.aaaaaaaaaaaaaaaa@x>")
	f.Fuzz(func(t *testing.T, text string) {
		got, when, ok := seal.Find(text)
		if !ok {
			return
		}
		id := seal.MessageID(got, when, "@")
		if again, at, ok := seal.Find(id); again != got || !at.Equal(when) || !ok || when.Before(time.Unix(0, 0)) {
			t.Errorf("%q names %+v, and that is named %q", text, got, id)
		}
	})
}
