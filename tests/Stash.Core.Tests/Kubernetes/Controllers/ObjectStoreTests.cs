using k8s.Models;
using Stash.Core.Kubernetes.Controllers;

namespace Stash.Core.Tests.Kubernetes.Controllers;

public sealed class ObjectStoreTests
{
    private readonly List<Exception> _failures = [];
    private readonly List<string> _told = [];
    private readonly ObjectStore<V1ConfigMap> _store;

    public ObjectStoreTests() => _store = new(_failures.Add);

    [Fact]
    public void The_same_version_again_is_no_change()
    {
        _store.Subscribe(Tell);
        _store.Put(Map("a", "1"));
        _store.Put(Map("a", "1"));
        _store.Put(Map("a", "2"));
        _store.Remove(new("x", "a"), Map("a", "3"));
        _store.Remove(new("x", "a"), null);
        _told.ShouldBe(["Added a 1 ", "Updated a 2 1", "Deleted a 3 2"]);
        _store.Changes.ShouldBe(3);
    }

    [Fact]
    public void A_list_tells_the_differences_and_keeps_what_could_not_be_read()
    {
        foreach (var name in new[] { "same", "changed", "gone", "kept" })
        {
            _store.Put(Map(name, "1"));
        }

        _store.Subscribe(change => { });
        _told.Clear();
        var subscribed = 0;
        _store.Subscribe(change =>
        {
            if (++subscribed > 4)
            {
                Tell(change);
            }
        });
        _store.Replace([Map("same", "1"), Map("changed", "2"), Map("new", "3")], new HashSet<ObjectKey> { new("x", "kept") });
        _told.Order(StringComparer.Ordinal).ShouldBe(["Added new 3 ", "Deleted gone 1 1", "Updated changed 2 1"]);
        _store.Items.Select(m => m.Name()).Order(StringComparer.Ordinal).ShouldBe(["changed", "kept", "new", "same"]);
    }

    [Fact]
    public void Another_object_of_the_same_name_is_a_deletion_and_an_addition()
    {
        _store.Subscribe(Tell);
        _store.Put(Map("a", "1"));
        var other = Map("a", "5");
        other.Metadata.Uid = "other";
        _store.Put(other);
        _told.ShouldBe(["Added a 1 ", "Deleted a 1 1", "Added a 5 "]);
    }

    [Fact]
    public void Who_comes_later_is_told_of_what_is_there_and_who_throws_harms_no_other()
    {
        _store.Put(Map("a", "1"));
        _store.Subscribe(_ => throw new InvalidOperationException("Mine."));
        _store.Subscribe(Tell);
        _store.Put(Map("a", "2"));
        _told.ShouldBe(["Added a 1 ", "Updated a 2 1"]);
        _failures.Count.ShouldBe(2);
        _store.Get(new("x", "a"))!.ResourceVersion().ShouldBe("2");
    }

    private void Tell(ObjectChange<V1ConfigMap> change) => _told.Add($"{change.Type} {change.Value.Name()} {change.Value.ResourceVersion()} {change.Old?.ResourceVersion()}");

    private static V1ConfigMap Map(string name, string version) => new() { Metadata = new() { Name = name, NamespaceProperty = "x", ResourceVersion = version, Uid = name } };
}
