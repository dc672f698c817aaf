namespace Stash.Operator.Gateway;

/// <summary>Where requests that are no push go: by method and path, with the redirects that the reference makes for paths that are nearly right.</summary>
internal sealed class RouteTable
{
    private readonly List<Route> _routes = [];

    /// <summary>Adds a path.</summary>
    /// <param name="methods">Methods that it takes.</param>
    /// <param name="path">The path; one that ends with <c>*</c> stands for all that begin so.</param>
    /// <param name="handle">Answers.</param>
    public void Add(IEnumerable<string> methods, string path, Func<HttpContext, string, Task> handle)
    {
        foreach (var method in methods)
        {
            _routes.Add(new Route(method, path.TrimEnd('*'), path.EndsWith('*'), handle));
        }
    }

    /// <summary>Answers, redirects or refuses.</summary>
    /// <param name="context">The request.</param>
    /// <param name="path">Its path.</param>
    /// <param name="above">What stands before the path in the request, for redirects.</param>
    public Task HandleAsync(HttpContext context, string path, string above = "")
    {
        var method = context.Request.Method;
        foreach (var route in _routes)
        {
            if (route.Method == method && route.Matches(path))
            {
                return route.Handle(context, path);
            }
        }

        if (path != "/" && Nearly(method, path) is { } right)
        {
            return Redirects.SendAsync(context, HttpMethods.IsGet(method) ? StatusCodes.Status301MovedPermanently : StatusCodes.Status307TemporaryRedirect, above + right);
        }

        var allowed = Allowed(path);
        return allowed.Length == 0 ? PlainText.NotFoundAsync(context) : PlainText.NotAllowedAsync(context, allowed);
    }

    private string Allowed(string path)
    {
        SortedSet<string> methods = new(StringComparer.Ordinal);
        foreach (var route in _routes)
        {
            if (route.Method != HttpMethods.Options && route.Matches(path))
            {
                methods.Add(route.Method);
            }
        }

        if (methods.Count > 0)
        {
            methods.Add(HttpMethods.Options);
        }

        return string.Join(", ", methods);
    }

    /// <summary>The path that differs from a request's only in case or in a slash at the end.</summary>
    private string? Nearly(string method, string path)
    {
        foreach (var route in _routes)
        {
            if (route.Method != method)
            {
                continue;
            }

            if (route.IsTree && path.StartsWith(route.Path, StringComparison.OrdinalIgnoreCase))
            {
                if (route.Path.EndsWith(PushPath.Encoded, StringComparison.Ordinal) && path.AsSpan(route.Path.Length) is var job && (job.IsEmpty || job.Contains('/')))
                {
                    // The reference finds an encoded job in another case only where it has no labels.
                    continue;
                }

                // A push without its job is sent to where nothing is, as in the reference.
                return path.Length > route.Path.Length ? route.Path + path[route.Path.Length..] : !IsPush(route) ? route.Path : path == route.Path ? route.Path[..^1] : null;
            }

            var shorter = path.EndsWith('/') ? path[..^1] : path;
            if (string.Equals(shorter, route.Path, StringComparison.OrdinalIgnoreCase)
                || (route.Path.EndsWith('/') && !IsPush(route) && string.Equals(shorter, route.Path[..^1], StringComparison.OrdinalIgnoreCase)))
            {
                return route.Path;
            }
        }

        return null;
    }

    /// <summary>The path of a push needs a job: it is not right with a slash alone.</summary>
    private static bool IsPush(Route route) =>
        route.Path.EndsWith(PushPath.Plain, StringComparison.Ordinal) || route.Path.EndsWith(PushPath.Encoded, StringComparison.Ordinal);

    private sealed record Route(string Method, string Path, bool IsTree, Func<HttpContext, string, Task> Handle)
    {
        public bool Matches(string path) => IsTree ? path.StartsWith(Path, StringComparison.Ordinal) && (path.Length > Path.Length || !IsPush(this)) : path == Path;
    }
}
