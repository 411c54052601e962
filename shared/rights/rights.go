// Package rights is the one table that says who may do what. Code asks it, pages are told by it what to offer, and the
// tests walk it.
package rights

import "slices"

// Role is what a user is in a collectivité.
type Role string

// The roles, each with all rights of the one before: lecteur, rédacteur, expéditeur, administrateur. Nothing needs an
// administrator yet: what will (users, settings) is added to the table.
const (
	Reader        Role = "reader"
	Writer        Role = "writer"
	Sender        Role = "sender"
	Administrator Role = "administrator"
)

// Action is one thing that a route does.
type Action string

// The actions.
const (
	ConvocationRead  Action = "convocation.read"
	ConvocationWrite Action = "convocation.write"
	ConvocationSend  Action = "convocation.send" // « autorisé à envoyer »: send, send again, close links
	DirectoryRead    Action = "directory.read"
	DirectoryWrite   Action = "directory.write"
	SessionOwn       Action = "session.own" // one's own session and connections
)

// order lists the roles from the least to the most.
var order = []Role{Reader, Writer, Sender, Administrator}

// least is the table: the smallest role that may do each action.
var least = map[Action]Role{
	SessionOwn:       Reader,
	ConvocationRead:  Reader,
	DirectoryRead:    Reader,
	ConvocationWrite: Writer,
	DirectoryWrite:   Writer,
	ConvocationSend:  Sender,
}

// May tells whether the role may do the action. An unknown role or action may not.
func May(role Role, action Action) bool {
	need, known := least[action]
	return known && slices.Index(order, role) >= slices.Index(order, need)
}

// Of lists what a role may do, sorted.
func Of(role Role) []Action {
	var actions []Action
	for a := range least {
		if May(role, a) {
			actions = append(actions, a)
		}
	}
	slices.Sort(actions)
	return actions
}

// Roles lists the roles from the least to the most.
func Roles() []Role { return slices.Clone(order) }
