package stack

import "strings"

// title makes « deliver-mail » a construct's « DeliverMail ».
func title(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ' ' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// texts makes what CDK takes of a list.
func texts(list ...string) *[]*string {
	all := make([]*string, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return &all
}
