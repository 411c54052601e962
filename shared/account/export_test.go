package account

// OnHash is told of each password hash that is made.
func (s *Service) OnHash(told func(Cost)) { s.hashing = told }
